"""Hosted models: who serves one, where, with what and at which price, and which lists say so."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from llama_advisor.text.record import EMPTY, Record

Feature = Literal["images", "tools", "streamed_tools", "schema"]
HOSTED = "hosted"
"""Id of the engine that stands for services, which bring their own hardware."""
List = Literal["litellm", "genai-prices", "models.dev"]


class Provider(Record):
    """Who hosts models, by all names that people use."""

    id: Annotated[str, "Provider, as offers name it."]
    name: Annotated[str, "Its name."]
    aliases: Annotated[tuple[str, ...], "Other names."] = ()
    base_url: Annotated[str, "Address of its OpenAI-compatible API; `$NAME` is a variable of the shell."] = ""
    key_variable: Annotated[str, "Environment variable that holds the key by custom."] = ""
    request: Annotated[str, "Template of a request."] = (
        'curl {base_url}/{path} -H "Authorization: Bearer ${key_variable}" -H "Content-Type: application/json" '
        "-d {body}"
    )
    regions: Annotated[tuple[str, ...], "Where it computes, for offers that name no regions; empty: not known."] = ()
    passes_on: Annotated[bool, "Whether it passes a call on to another host, whose place and precision hold."] = False
    listed_as: Annotated[dict[List, str], "What the lists of offers call it."] = EMPTY
    notes: Annotated[str, "What to know."] = ""
    sources: Annotated[tuple[str, ...], "Source ids."]
    unverified: Annotated[tuple[str, ...], "Fields not read in a source."] = ()


class TokenPrice(Record):
    """What tokens cost from a day on."""

    since: Annotated[date | None, "First day; null: as long as is known."] = None
    usd_per_million_input_tokens: Annotated[float | None, "USD per million prompt tokens; null when not known."]
    usd_per_million_output_tokens: Annotated[float | None, "USD per million generated tokens; null when not known."]

    @property
    def rates(self) -> tuple[float | None, float | None]:
        """What prompt and generated tokens cost."""
        return self.usd_per_million_input_tokens, self.usd_per_million_output_tokens

    def blended(self, prompt_share: float) -> float | None:
        """USD per million tokens of which a share are prompt; None where a rate is missing."""
        prompt, generated = self.rates
        return None if prompt is None or generated is None else prompt * prompt_share + generated * (1 - prompt_share)


UNPRICED = TokenPrice(usd_per_million_input_tokens=None, usd_per_million_output_tokens=None)


class CloudRegion(Record):
    """A region of a cloud."""

    id: Annotated[str, "Region, as its cloud names it."]
    country: Annotated[str, "Country, ISO 3166-1."]
    aliases: Annotated[tuple[str, ...], "Other names, such as the city."] = ()


class Profile(Record):
    """A model id that routes a call to one of several regions."""

    id: Annotated[str, "Model id to send."]
    called_from: Annotated[tuple[str, ...], "Regions that it may be called from."]
    computes_in: Annotated[tuple[str, ...], "Regions that may answer."]


class Offer(Record):
    """One model at one provider: what is sent, what it costs, until when, and which lists have it."""

    id: Annotated[str, "`provider/model id to send`."]
    provider: Annotated[str, "Provider."]
    model: Annotated[str, "Model id."]
    prices: Annotated[tuple[TokenPrice, ...], "Prices, oldest first."] = ()
    context_tokens: Annotated[int | None, "Context the provider serves."] = None
    precision: Annotated[str, "Quantization it is served in, by id; empty: not said."] = ""
    features: Annotated[dict[Feature, str], "`yes`, `no`, or on what condition; what is missing is not known."] = EMPTY
    request: Annotated[str, "Template of a request, where that of its provider does not do."] = ""
    regions: Annotated[tuple[str, ...], "Regions that serve it by its own id."] = ()
    profiles: Annotated[tuple[Profile, ...], "Ids that route a call between regions."] = ()
    until: Annotated[date | None, "Day of its end, past or announced."] = None
    replaced_by: Annotated[str, "What the provider put in its place."] = ""
    witnesses: Annotated[tuple[List, ...], "Lists that have it and do not call it ended."] = ()
    missing_in: Annotated[tuple[List, ...], "Lists that have the provider, but not this."] = ()
    doubtful: Annotated[str, "Why a person does not trust it."] = ""
    as_of: Annotated[date, "Day of the price."]
    source: Annotated[str, "Source id of the price."]
    end_source: Annotated[str, "Source id of its end."] = ""
    unverified: Annotated[tuple[str, ...], "Fields not read in a source."] = ()

    @property
    def sent(self) -> str:
        """The model id to send."""
        return self.id.partition("/")[2]

    def price(self, day: date) -> TokenPrice:
        """The price of a day."""
        return next((step for step in reversed(self.prices) if step.since is None or step.since <= day), UNPRICED)

    def ended(self, day: date) -> bool:
        """Whether it has ended by a day."""
        return self.until is not None and self.until <= day

    def doubt(self, day: date, needed: int) -> str:
        """Why it does not count as served, though not ended; nothing where it counts."""
        if self.doubtful or len(self.witnesses) >= needed:
            return self.doubtful
        if self.until is not None and day < self.until <= self.as_of:
            return f"it ended on {self.until}, and what lists said of it before is not kept"
        found = f"only {self.witnesses[0]} lists it" if self.witnesses else "no list has it"
        return found + (f", {' and '.join(self.missing_in)} not" if self.missing_in else "")

    def state(self, day: date, needed: int) -> str:
        """Whether it counts on a day, in words."""
        doubt = self.doubt(day, needed)
        return f"ended on {self.until}" if self.ended(day) else f"doubtful: {doubt}" if doubt else "counts"

    def live(self, day: date, needed: int) -> bool:
        """Whether it counts as served on a day: not ended, and in as many lists as are needed."""
        return not self.ended(day) and not self.doubt(day, needed)
