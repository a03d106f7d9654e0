namespace Example;

/// <summary>Names shown in the drop-down.</summary>
public enum KnownModel
{
    Llama31_8B_Instruct,
    Llama31_70B_Instruct,
    Llama32_3B_Instruct,
}

public static class Catalog
{
    public static readonly Dictionary<string, KnownModel> ByTag = new()
    {
        ["llama3.1:8b"] = KnownModel.Llama31_8B_Instruct,
        ["llama3.1:70b"] = KnownModel.Llama31_70B_Instruct,
        ["llama3.2:3b"] = KnownModel.Llama32_3B_Instruct,
    };
}
