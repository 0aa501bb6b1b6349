"""What is of use only whole."""

from __future__ import annotations

from itertools import accumulate, pairwise

import pytest

from bridge.memory.blocks import DEFINITION, Block, BlockIndex, find

CODE = "```python\nprint(1)\n```\n"
TABLE = "| a | b |\n|---|---|\n| 1 | 2 |\n"
LIST = "1. one\n2. two\n\n3. three\n"
NESTED = "1. one\n   - more of it\n\n2. two\n   ```\nnot set in\n   ```\n3. three\n"


@pytest.mark.parametrize(
    ("before", "block", "after"),
    [
        ("Here:\n", CODE, "That is it."),
        ("Here:\n", "  ```\n  x\n  ```\n", "That is it."),
        ("Here:\n", "~~~~\n```\n~~~\n~~~~\n", "That is it."),
        ("Here:\n", "```\nnever closed\nand on", ""),
        ("", TABLE, "\nThat is it."),
        ("Do this:\n\n", LIST, "That is it."),
        ("Do this:\n\n", NESTED, "That is it."),
        ("", "1) one\n2) two\n3) three", ""),
    ],
    ids=["code", "set in", "fence within", "open", "table", "list", "nested", "brackets"],
)
def test_a_block_is_found_from_its_first_line_to_its_last(before: str, block: str, after: str) -> None:
    assert find(before + block + after) == [(len(before), len(before + block))]


@pytest.mark.parametrize(
    "text", ["", "a | b", "| a | b |\n| c | d |\n", "1. one\n2. two\nThree.", "In\n2024. It was.", "`code` within a line"]
)
def test_other_text_has_no_blocks(text: str) -> None:
    assert find(text) == []


def test_blocks_that_follow_one_another_stay_apart() -> None:
    places = list(accumulate(map(len, (CODE, TABLE, CODE)), initial=0))
    assert find(CODE + TABLE + CODE) == list(pairwise(places))


def lines(*numbers: int) -> str:
    return "\n".join(f"the line number {number}" for number in numbers)


def known(*texts: str) -> BlockIndex:
    index = BlockIndex()
    for place, text in enumerate(texts):
        index.add(text, Block(2 * place, 2 * place + 1, 0))
    return index


@pytest.mark.parametrize(
    ("texts", "versions"),
    [
        ([lines(1, 2, 3, 4), lines(1, 2, 5, 6)], [1]),
        ([lines(1, 2, 3, 4), lines(1, 5, 6, 7)], []),
        ([lines(1, 2), lines(8, 9), lines(1, 2, 3), lines(2, 3, 4)], [2, 3]),
        (["{\n}\nelse:", "{\n}\nelse:"], []),
    ],
    ids=["half is the same", "less", "one after the other", "short lines"],
)
def test_a_block_with_half_the_lines_of_an_older_one_is_its_next_version(texts: list[str], versions: list[int]) -> None:
    assert list(known(*texts).versions(0)) == versions


def test_a_passage_knows_its_block() -> None:
    index = known(lines(1), lines(2))
    assert [index.at(place) for place in range(4)] == [0, None, 1, None]
    assert [block.first for block in index.since(1)] == [2]


@pytest.mark.parametrize(
    "line",
    [
        "def parse_ledger(rows):",
        "    async def parse_ledger(self, rows):",
        "export async function parse_ledger(rows) {",
        "const parse_ledger = (rows) => {",
        "const parse_ledger = async (rows) => {",
        "func (s *Store) Parse_Ledger(rows []Row) error {",
        "pub fn parse_ledger<T: Clone>(rows: Vec<T>) -> T {",
        "CREATE OR REPLACE FUNCTION parse_ledger(n integer) RETURNS void AS $$",
    ],
)
def test_a_definition_is_found_in_several_languages(line: str) -> None:
    assert DEFINITION.findall(line.lower()) == ["parse_ledger"]
    assert not DEFINITION.findall(line.lower().replace("(", "["))
