using Xunit;

namespace Example.Tests;

public class KernelTests
{
    [Theory]
    [InlineData("llama3.1:8b", KnownModel.Llama31_8B_Instruct)]
    [InlineData("llama3.2:3b", KnownModel.Llama32_3B_Instruct)]
    public void TagsAreKnown(string tag, KnownModel expected)
    {
        Assert.Equal(expected, Catalog.ByTag[tag]);
    }
}
