"""A report's blocks survive being written, although their kind is a default."""

from spec.codec import parse_spec, to_yaml
from spec.pipeline import Pipeline, Source
from spec.report import ChartBlock, Report, Section, TableBlock, Text, Tiles


def test_every_kind_of_block_comes_back_from_yaml_and_json() -> None:
    blocks = (
        Text(text="Sales"),
        Tiles(figures={}),
        TableBlock.model_validate({"from": "orders"}),
        ChartBlock.model_validate({"from": "orders", "chart": "bar", "x": "id", "y": ["id"]}),
    )
    spec = Pipeline(
        name="report",
        sources={"orders": Source(location="orders.csv", columns={"id": "BIGINT"})},
        report=Report(title="Sales", sections=(Section(title="All", blocks=blocks),)),
    )
    assert parse_spec(to_yaml(spec)) == spec
    assert Pipeline.model_validate_json(spec.model_dump_json(by_alias=True, exclude_defaults=True)) == spec
