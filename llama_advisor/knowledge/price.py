"""Dated prices: rented devices by the hour, hosted models by the token."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from llama_advisor.text.record import Record


class RentalPrice(Record):
    """What one instance costs."""

    id: Annotated[str, "Offer id, `cloud/instance`."]
    cloud: Annotated[str, "Provider."]
    instance: Annotated[str, "Instance type."] = ""
    device: Annotated[str, "Device id."]
    count: Annotated[int, "Devices in the instance."]
    usd_per_hour: Annotated[float, "On-demand price of the instance, USD per hour."]
    spot_usd_per_hour: Annotated[float | None, "Spot price of the instance, USD per hour."] = None
    region: Annotated[str, "Region."] = ""
    ram_gib: Annotated[float | None, "Host memory, GiB."] = None
    as_of: Annotated[date | None, "Day of the price; null where the source gives none."] = None
    source: Annotated[str, "Source id."]
    unverified: Annotated[bool, "Whether the figure was not read in a source."] = False


class HostedPrice(Record):
    """What a hosted model costs, and until when it is served."""

    id: Annotated[str, "Offer id, `provider/model key`."]
    provider: Annotated[str, "Provider."]
    model: Annotated[str, "Model id."]
    usd_per_million_input_tokens: Annotated[float | None, "USD per million prompt tokens; null when not known."]
    usd_per_million_output_tokens: Annotated[float | None, "USD per million generated tokens; null when not known."]
    context_tokens: Annotated[int | None, "Context the provider serves."] = None
    retires_on: Annotated[date | None, "Day of retirement, if announced."] = None
    as_of: Annotated[date, "Day of the price."]
    source: Annotated[str, "Source id."]
    doubtful: Annotated[str, "Why the figure is not used, where it looks wrong."] = ""
    unverified: Annotated[bool, "Whether the figure was not read in a source."] = False
