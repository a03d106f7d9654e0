"""Records: plain inside, validated as pydantic does it where data come in, described where schemas go out."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, NamedTuple

import pytest
from pydantic import Discriminator, Field, Tag, ValidationError

from llama_advisor.text.record import EMPTY, Record, model_of, plain, validate
from llama_advisor.text.strict import Strict
from llama_advisor.text.wording import field_descriptions, json_schema


class Wheel(Record):
    """What it rolls on."""

    inches: Annotated[float, "Diameter.", Field(gt=0)]
    from_: Annotated[date | None, "First day."] = None


class Motor(NamedTuple):
    """What drives it."""

    kw: Annotated[float, "Power, kW."]
    fuels: Annotated[frozenset[str], "Fuels."] = frozenset()


def _which(value: Any) -> str:
    return "Motor" if isinstance(value, dict) and "kw" in value else "Wheel"


class Car(Record):
    """A car."""

    name: Annotated[str, "Name."] = ""
    count: Annotated[int, "Seats; required, though a default stands before it."]
    wheels: Annotated[tuple[Wheel, ...], "Wheels.", Field(min_length=1)]
    motor: Annotated[Motor | None, "Motor."] = None
    spare: Annotated[
        Annotated[
            Annotated[Motor, Tag("Motor")] | Annotated[Wheel, Tag("Wheel")],
            Discriminator(_which),
        ]
        | None,
        "Either.",
    ] = None
    colour: Annotated[Literal["red", "blue"], "Colour."] = "red"
    by_name: Annotated[dict[str, Wheel], "Wheels by name."] = EMPTY
    anything: Annotated[Any, "As it comes."] = None

    def check(self) -> None:
        """Refuse what contradicts itself."""
        if self.colour == "blue" and not self.motor:
            raise ValueError("blue ones have motors")


class WheelModel(Strict):
    """What it rolls on."""

    inches: Annotated[float, "Diameter."] = Field(gt=0)
    from_: Annotated[date | None, "First day."] = Field(default=None, alias="from")


DATA: dict[str, Any] = {
    "count": 4,
    "wheels": [{"inches": 17, "from": date(2026, 5, 1)}],
    "by_name": {"a": {"inches": 3}},
}


def test_data_become_records_all_the_way_down() -> None:
    car = validate(Car, DATA | {"motor": {"kw": 90, "fuels": ["b", "a"]}})
    assert car == Car(
        count=4,
        wheels=(Wheel(inches=17.0, from_=date(2026, 5, 1)),),
        motor=Motor(90.0, frozenset("ab")),
        by_name={"a": Wheel(inches=3.0)},
    )
    assert type(car.wheels[0].inches) is float
    assert validate(Motor, {"kw": 1}) == Motor(1.0)


def test_plain_data_are_those_of_pydantic() -> None:
    car = validate(Car, DATA | {"motor": {"kw": 90, "fuels": ["b", "a"]}, "anything": [{"x": (1, 2)}]})
    assert plain(car) == {
        "name": "",
        "count": 4,
        "wheels": [{"inches": 17.0, "from": "2026-05-01"}],
        "motor": {"kw": 90.0, "fuels": ["a", "b"]},
        "spare": None,
        "colour": "red",
        "by_name": {"a": {"inches": 3.0, "from": None}},
        "anything": [{"x": [1, 2]}],
    }
    assert list(plain(car)) == list(model_of(Car).model_fields)
    model = model_of(Car).model_validate(DATA | {"colour": "red", "by_name": {}})
    assert plain(validate(Car, DATA | {"by_name": {}}), exclude_defaults=True) == model.model_dump(
        mode="json", by_alias=True, exclude_defaults=True
    )


@pytest.mark.parametrize("given", [{"inches": 0}, {"inchs": 1}, {}, {"inches": "x"}, {"inches": 1, "from": "never"}])
def test_errors_are_those_of_a_model(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as ours:
        validate(Wheel, given)
    with pytest.raises(ValidationError) as theirs:
        WheelModel.model_validate(given)
    assert str(ours.value).replace("Wheel", "") == str(theirs.value).replace("WheelModel", "")


def test_a_check_is_asked_after_the_fields() -> None:
    with pytest.raises(ValidationError, match="blue ones have motors"):
        validate(Car, DATA | {"colour": "blue"})


def test_the_schema_is_that_of_a_model() -> None:
    assert json_schema(Wheel) == json_schema(WheelModel) | {"title": "Wheel"}
    made = json_schema(Car)
    assert made["required"] == ["count", "wheels"]
    assert made["description"] == "A car."
    assert set(made["$defs"]) == {"Wheel", "Motor"}
    assert "default" not in made["properties"]["by_name"]
    assert field_descriptions(model_of(Car))["motor"] == "Motor."


def test_a_record_is_frozen_and_compared_by_value() -> None:
    wheel = Wheel(inches=3.0)
    with pytest.raises(AttributeError, match="frozen"):
        wheel.inches = 4.0  # type: ignore[misc]
    larger = wheel._replace(inches=4.0)
    assert (wheel.inches, larger.inches) == (3.0, 4.0)
    assert larger._replace(inches=3.0) == wheel != larger
    assert hash(larger._replace(inches=3.0)) == hash(wheel)
    assert repr(wheel) == "Wheel(inches=3.0, from_=None)"
    assert wheel != Motor(3.0)


@pytest.mark.parametrize("fields", [{}, {"inches": 1.0, "size": 2}, {"size": 2}])
def test_a_record_takes_its_own_fields_alone(fields: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=r"Wheel: missing or unknown: .*(inches|size)"):
        Wheel(**fields)
    with pytest.raises(TypeError, match="unknown: size"):
        Wheel(inches=1.0)._replace(size=2)


class Lone(Record):
    """One field."""

    name: Annotated[str, "Name."]


class Longer(Lone):
    """One field more."""

    size: Annotated[int, "Size."] = 0


def test_a_record_may_have_one_field_or_those_of_its_base() -> None:
    assert Lone(name="a") == Lone(name="b")._replace(name="a") != Longer(name="a")
    assert plain(Longer(name="a")._replace(size=2)) == {"name": "a", "size": 2}
    assert validate(Longer, {"name": "a"}) == Longer(name="a", size=0)
    assert hash(Lone(name="a")) == hash(Lone(name="a"))
