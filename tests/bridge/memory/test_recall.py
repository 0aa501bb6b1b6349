"""Which older passages are chosen for a new message."""

from __future__ import annotations

import random
import time
import tracemalloc
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.memory.across.search import Match
from bridge.memory.across.search import search as passages
from bridge.memory.cues import SearchTerms
from bridge.memory.index import ConversationIndex
from bridge.memory.quoting import HEADING_COST, lines
from bridge.memory.recall import QuestionContext, recall
from bridge.memory.scoring import MAX_REACHED, MAX_TERMS, TermFrequencies, ranked, scores
from bridge.store.records import Message, Turn
from bridge.turn_ids import milliseconds_of, turn_id

MINUTE = 60_000
WEEK = 7 * 24 * 60 * MINUTE
MAY = 1_682_899_200_000  # 2023-05-01

SMALL_TALK = ("How was your evening?", "Quiet, thank you. I read a little and went to bed early.", "Nice weather today.", "Yes, at last.")


def talk(*facts: tuple[str, str], around: int = 60, step: int = WEEK, start: int = MAY) -> ConversationIndex:
    """Small talk with each of the facts, a question and an answer, somewhere in the middle of it."""
    pairs = [(SMALL_TALK[number % 2 * 2], f"{SMALL_TALK[number % 2 * 2 + 1]} ({number})") for number in range(around)]
    for number, fact in enumerate(facts):
        pairs.insert(around // 3 + number * 7, fact)
    return ConversationIndex(
        Turn(turn_id(start + place * step), (Message("user", question), Message("assistant", answer)), 0)
        for place, (question, answer) in enumerate(pairs)
    )


def quoted_for(past: ConversationIndex, question: str, room: int = 400) -> str:
    return lines(recall(past, question, room, len(past.turns)))


def search(past: ConversationIndex, question: str, limit: int) -> list[Match]:
    return passages(past, SearchTerms.of(question, now=2_000_000_000), limit)


texts = st.one_of(st.text(max_size=80), st.text(alphabet="ab .\n</earlier>", max_size=900))
pasts = st.lists(st.tuples(texts, texts, st.integers(0, 10_000_000)), max_size=10).map(
    lambda pairs: ConversationIndex(
        Turn(turn_id(place * 10_000_000 + at), (Message("user", question), Message("assistant", answer)), 0)
        for place, (question, answer, at) in enumerate(pairs)
    )
)


@settings(deadline=None)
@given(pasts, texts, st.integers(-10, 2_000), st.integers(0, 11))
def test_what_is_recalled_fits_lies_before_and_is_in_order(past: ConversationIndex, message: str, room: int, before: int) -> None:
    excerpts = recall(past, message, room, before)
    assert len(lines(excerpts)) <= max(0, room)
    places = [past.ids.index(excerpt.turn) for excerpt in excerpts]
    assert places == sorted(places)
    assert all(place < before for place in places)


def test_neighbouring_passages_take_no_more_room_than_was_counted() -> None:
    past = talk(("Tell me.", ("Me: " + "x" * 120 + "\n") * 30))
    for room in range(100, 2_000, 50):
        assert len(quoted_for(past, "tell", room)) <= room


@pytest.mark.slow
@settings(deadline=None)
@given(pasts, texts)
def test_with_room_for_all_nothing_is_left_out(past: ConversationIndex, message: str) -> None:
    excerpts = recall(past, message, 100_000, len(past.turns))
    said = [content for turn in past.turns for one in turn.context if (content := one.content).strip()]
    assert [excerpt.text for excerpt in excerpts] == said


@pytest.mark.parametrize(
    ("said", "answer", "question"),
    [
        ("I bought a red bicycle yesterday.", "Great!", "What did I buy?"),
        ("Guess who I met? My old friend Igor.", "How nice!", "Who did I run into, was it Igor?"),
        ("What should I plant?", "Tomatoes do well on a balcony.", "what did you say I could plant on my balcony"),
        ("We adopted a turtle.", "Congratulations!", "Which pets do I have?"),
        ("Mein Hund heißt Bello.", "Schön!", "Wie heißen meine Hunde?"),
        ("Моя собака зовут Белка.", "Хорошо!", "Как зовут мою собаку?"),
        ("我的狗的名字是小白。", "真可爱!", "我的狗叫什么名字?"),
        ("うちの犬の名前はポチです。", "かわいい!", "犬の名前は何ですか?"),
        ("우리 강아지의 이름은 초코야.", "귀여워!", "강아지 이름이 뭐야?"),
        ("หมาของฉันชื่อบิงโก", "น่ารัก", "หมาชื่ออะไร"),
        ("मेरे कुत्ते का नाम शेरू है।", "अच्छा!", "कुत्ते का नाम क्या है?"),
        ("اسم كلبي ريكس.", "جميل!", "ما اسم كلبي؟"),
        ("def parse_config(path):\n    return tomllib.load(path)", "Open it in binary mode.", "why does parseConfig fail with tomllib?"),
        ("error: E0382 borrow of moved value", "Clone it.", "what was the cure of E0382"),
    ],
)
def test_a_fact_is_found_among_small_talk(said: str, answer: str, question: str) -> None:
    assert said in quoted_for(talk((said, answer)), question)


@pytest.mark.parametrize(
    ("said", "question"),
    [
        ("うちの犬の名前はポチです。", "犬は?"),
        ("うちの犬の名前はポチです。", "犬"),
        ("我的猫很可爱。", "猫"),
        ("나는 집에서 일해요.", "집?"),
        ("새 차를 샀어요.", "차"),
    ],
)
def test_a_word_of_one_character_is_found_within_others(said: str, question: str) -> None:
    past = talk((said, "Fine."))
    assert search(past, question, 1)[0].passage.text == said
    assert said in quoted_for(past, question)


def test_an_answer_that_does_not_repeat_the_words_of_its_question_is_found() -> None:
    past = talk(("Where shall we spend the honeymoon?", "Somewhere warm: Madeira would suit you both."))
    assert "Madeira" in quoted_for(past, "What was the idea for our honeymoon?")


def test_of_a_long_answer_the_part_that_matters_is_taken() -> None:
    padding = "The committee went on to discuss the usual matters at some length and without any result. "
    answer = padding * 20 + "The budget for the greenhouse is 4,200 euros. " + padding * 20
    past = talk(("Minutes, please.", answer))
    text = quoted_for(past, "What is the budget of the greenhouse?", room=700)
    assert "4,200 euros" in text
    assert "…" in text


def test_an_answer_that_was_cut_off_is_quoted_as_such() -> None:
    said = (Message("user", "Is it safe?"), Message("assistant", "It is not, except"))
    past = ConversationIndex([Turn(turn_id(MAY + number), said, 0, truncated=True) for number in range(2)])
    quoted = quoted_for(past, "safe?", room=HEADING_COST + sum(past.costs))
    assert quoted.splitlines()[1:] == ["Me: Is it safe?", "You: It is not, except…"] * 2
    assert len(quoted) <= HEADING_COST + sum(past.costs)


def test_neighbouring_passages_of_one_message_are_quoted_as_one() -> None:
    answer = "".join(f"Sentence {number} is about the lighthouse keeper and his dog. " for number in range(20))
    past = talk(("Tell me.", answer))
    assert answer.strip() in quoted_for(past, "lighthouse keeper", room=2_000)


def test_what_the_one_named_said_comes_first() -> None:
    past = talk(("Anna: I like the mountains best.", "Noted."), ("Bert: I like the mountains best.", "Noted."))
    assert search(past, "What does Bert like?", 1)[0].passage.text.startswith("Bert")
    assert search(past, "What does Anna like?", 1)[0].passage.text.startswith("Anna")


def test_a_date_in_the_question_counts() -> None:
    past = talk(*[("We went to a concert.", f"Which one? ({number})") for number in range(6)])
    for turn in past.turns:
        if turn.context[0].content == "We went to a concert.":
            day = datetime.fromtimestamp(milliseconds_of(turn.id) / 1000, UTC)
            assert search(past, f"Which concert was on {day:%-d %B %Y}?", 1)[0].passage.turn == turn.id


def test_where_nothing_matters_the_newest_is_taken() -> None:
    past = talk()
    assert "(59)" in quoted_for(past, "xyzzy")
    assert search(past, "xyzzy", 5) == []


def test_what_stands_in_every_passage_can_be_searched_for_too() -> None:
    past = ConversationIndex([Turn(turn_id(MAY), (Message("user", "Ada's garden"), Message("assistant", "Ada's house")), 0)])
    assert [match.passage.text for match in search(past, "ada garden", 5)] == ["Ada's garden", "Ada's house"]


def test_of_a_very_long_message_the_words_that_tell_most_are_looked_for() -> None:
    past = talk(("The wifi password is gooseberry.", "I will not tell."))
    prose = " ".join(f"word{number} is one of the many" for number in range(5_000))
    assert "gooseberry" in quoted_for(past, f"Which password has the wifi? {prose}")


def test_of_many_words_the_commonest_are_not_looked_for() -> None:
    rare = [f"{number}x" for number in range(MAX_TERMS)]
    past = talk(*((word, "usual") for word in rare), ("usual", "x" * 2_000), ("y" * 2_000, "usual"))
    assert {match.passage.text for match in search(past, " ".join(["usual", *rare]), 1_000) if match.named} == set(rare)
    assert "usual" in {match.passage.text for match in search(past, " ".join(["usual", *rare[1:]]), 1_000)}


def test_of_many_words_one_that_is_said_twice_tells_more() -> None:
    said = [f"{number}x" for number in range(MAX_TERMS + 1)]
    past = talk(*((word, "Fine.") for word in said))
    assert said[-1] not in {match.passage.text for match in search(past, " ".join(said), 1_000) if match.named}
    assert said[-1] in {match.passage.text for match in search(past, " ".join([*said, said[-1]]), 1_000) if match.named}


@pytest.mark.slow
def test_what_a_question_costs_is_bounded_and_the_commonest_words_are_left_out_for_it() -> None:
    said = [f"{number}x" for number in range(50)]
    past = ConversationIndex(
        Turn(turn_id(MAY + place), (Message("user", said[place % 50]), Message("assistant", "usual")), 0)
        for place in range(MAX_REACHED // 60)
    )
    few, many = (" ".join(["usual", *words]) for words in (said[:5], said))
    assert scores(past, SearchTerms.of(many)) == scores(past, SearchTerms.of(" ".join(said)))
    assert scores(past, SearchTerms.of(few)) != scores(past, SearchTerms.of(" ".join(said[:5])))


def test_a_sitting_has_one_heading_however_many_of_its_passages_are_taken() -> None:
    past = talk(step=MINUTE)
    assert len(set(past.sittings)) == 1
    assert len(recall(past, "evening", HEADING_COST + sum(past.costs), len(past.turns))) == len(past.passages)


def test_what_is_quoted_stands_under_its_day_also_where_nobody_ever_paused() -> None:
    past = talk(("The boiler broke.", "Oh."), *[("Nothing new.", "Good.")] * 20, ("The boiler was repaired.", "Good."), step=30 * MINUTE)
    quoted = quoted_for(past, "boiler", room=HEADING_COST * 3 + 80).splitlines()
    for said in ("The boiler broke.", "The boiler was repaired."):
        turn = next(turn for turn in past.turns if turn.context[0].content == said)
        heading = next(line for line in reversed(quoted[: quoted.index(f"Me: {said}")]) if line.startswith("["))
        assert heading[:11] == f"[{datetime.fromtimestamp(milliseconds_of(turn.id) / 1000, UTC):%Y-%m-%d}"


def test_a_thing_of_the_same_kind_counts_less_than_the_thing_itself() -> None:
    def score(said: str, question: str) -> float:
        return scores(ConversationIndex([Turn(turn_id(MAY), (Message("user", said),), 0)]), SearchTerms.of(question))[0]

    assert score("zebra", "turtle") == 0 < score("hamster", "turtle") < score("zebra", "zebra")


def test_a_word_that_is_common_in_other_conversations_tells_little_in_this_one() -> None:
    query = SearchTerms.of("kite violin")
    past, other = talk(("kite", "x" * 2_000), ("violin", "x" * 2_000)), talk(*[("kite", "kite")] * 50)
    among = TermFrequencies.of(past, query).plus(TermFrequencies.of(other, query))
    kite, violin = (max(place for place, one in enumerate(past.passages) if one.text == word) for word in ("kite", "violin"))
    alone, together = scores(past, query), scores(past, query, among)
    assert alone[violin] / alone[kite] < 2 < together[violin] / together[kite]


@pytest.mark.parametrize(("question", "favoured"), [("Which kite?", 1.1), ("Tell me of the kite.", 1.3)], ids=["asks", "states"])
def test_the_persons_own_words_count_more_where_the_other_side_is_unlike(question: str, favoured: float) -> None:
    past = talk(("A kite.", "A kite."), around=4, step=MINUTE)
    person, assistant = (place for place, one in enumerate(past.passages) if one.text == "A kite.")
    alike, unlike = (scores(past, SearchTerms.of(question), contrast=contrast) for contrast in (0.0, 0.2))
    assert unlike[person] == pytest.approx(favoured * alike[person])
    assert unlike[assistant] == alike[assistant]


def test_the_message_that_begins_a_sitting_counts_a_little_more() -> None:
    past = talk(around=30, step=MINUTE)
    alike, unlike = (scores(past, SearchTerms.of("How was your evening?"), contrast=contrast) for contrast in (0.0, 0.2))
    begins, goes_on = (unlike[place] / alike[place] for place in (0, 4))
    assert begins == pytest.approx(1.04 * goes_on)


def test_nothing_is_found_in_an_empty_past() -> None:
    assert recall(ConversationIndex(), "in May 2023", 1_000, 0) == []
    assert search(ConversationIndex(), "in May 2023", 5) == []


def long_talk(messages: int) -> list[Turn]:
    return [
        Turn(
            turn_id(MAY + place * 40 * MINUTE),
            (
                Message(
                    "user", f"Ada asks about item{place % 997} and the garden, as she did on day {place % 31} of the month, in some detail."
                ),
                Message(
                    "assistant", f"The answer{place % 1499} about the garden of Ada is long enough to be like one that a person would get."
                ),
            ),
            0,
        )
        for place in range(messages // 2)
    ]


@pytest.mark.slow
def test_recall_grows_no_faster_than_the_conversation_and_stays_small() -> None:
    seconds = {}
    for messages in (600, 10_000):
        tracemalloc.start()
        past = ConversationIndex(long_talk(messages))
        held = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        begun = time.process_time()
        for number in range(10):
            recall(past, f"What about item{number} in the garden of Ada?", 6_000, len(past.turns) - 5)
        seconds[messages] = time.process_time() - begun
    assert seconds[10_000] < 40 * seconds[600]
    assert held < 32_000_000


def long_replies(*facts: tuple[str, str], around: int = 40) -> ConversationIndex:
    """A chat with an assistant about nothing, with the facts in the middle of it, one after the other."""
    reply = " ".join(f"It is best to think of step {number} first." for number in range(40))
    pairs = [("And now?", reply)] * around
    pairs[around // 2 : around // 2] = facts
    return ConversationIndex(
        Turn(turn_id(MAY + place * MINUTE), (Message("user", question), Message("assistant", answer)), 0)
        for place, (question, answer) in enumerate(pairs)
    )


def test_what_a_turn_is_about_is_heard_beyond_a_long_reply() -> None:
    past = long_replies(("Let us talk of the boiler.", "Gladly. " * 200), ("It makes a noise like a kettle.", "Since when? " * 100))
    heard = next(place for place, one in enumerate(past.passages) if "kettle" in one.text)
    alike, unlike = (scores(past, SearchTerms.of("the boiler"), contrast=contrast) for contrast in (0.0, 1.0))
    assert alike[heard] == 0.0
    assert unlike[heard] > sum(unlike) / len(unlike)


@pytest.mark.parametrize("length", [0, 1, 700, 5_000])
@pytest.mark.parametrize("different", [1, 9, 10_000])
def test_the_best_come_first_and_of_equals_the_newest(length: int, different: int) -> None:
    chance = random.Random(length)
    values = [float(chance.randrange(different)) for _ in range(length)]
    assert list(ranked(values)) == sorted(range(length), key=lambda place: (values[place], place), reverse=True)


DAY = 24 * 60 * MINUTE


def with_an_assistant(said: dict[int, tuple[str, str]], turns: int = 200) -> ConversationIndex:
    """A day's turn each, on nothing, but those of `said`."""
    pairs = [said.get(place, (f"How do I do thing {place}?", f"Begin with thing {place}. " * 20)) for place in range(turns)]
    return ConversationIndex(
        Turn(turn_id(MAY + place * DAY), (Message("user", asked), Message("assistant", answered)), 0)
        for place, (asked, answered) in enumerate(pairs)
    )


def sent(past: ConversationIndex, message: str, now: float = 0.0, utc_offset: int = 0, room: int = 1_500) -> str:
    return lines(recall(past, message, room, len(past.turns) - 1, frozenset(), QuestionContext(now, utc_offset, 1.0, 600)))


def test_a_standing_instruction_from_200_turns_ago_is_sent_with_what_it_is_about() -> None:
    rule = "Always give temperatures in Celsius when I ask about cooking."
    said = {place: (f"Thing {place} took long, and so did the one before it.", "Good to hear. " * 40) for place in range(1, 200)}
    assert rule in sent(with_an_assistant({0: (rule, "I will."), **said}, turns=201), "How long does a roast take?")


def test_instructions_take_no_more_than_their_share() -> None:
    past = with_an_assistant({place: (f"Always do thing {place} twice, and say so in the end.", "I will.") for place in range(60)})
    excerpts = recall(past, "How do I begin?", 6_000, 199, frozenset(), QuestionContext(contrast=1.0, instructions=600))
    assert sum(len(one.text) for one in excerpts if one.text.startswith("Always")) <= 600


@pytest.mark.parametrize(
    ("message", "answer"),
    [("And until when is it valid?", "The offer from Nordwind ends on 30 September."), ("How much?", "Nordwind wants 18,240 euros.")],
)
def test_a_follow_up_finds_what_it_leans_on(message: str, answer: str) -> None:
    past = with_an_assistant({40: (answer, "Noted."), 199: ("Let us talk about Nordwind.", "Gladly.")})
    assert answer in sent(past, message)


@pytest.mark.parametrize(
    "message", ["On May 11?", "11 May 2023", "am 11. Mai", "le 11 mai", "5月11日", "2023-05-11", "11.5.", "30 days ago"]
)
def test_what_was_said_on_a_day_is_found_by_the_day(message: str) -> None:
    past = with_an_assistant({10: ("The kitchen is painted.", "Good.")}, turns=42)
    assert "The kitchen is painted." in sent(past, message, now=(MAY + 40 * DAY) / 1000)


def test_days_are_those_of_the_person() -> None:
    past = with_an_assistant({39: ("The kitchen is painted.", "Good.")}, turns=42)
    at = (MAY + 40 * DAY) / 1000 - 60  # A minute before midnight in UTC.
    assert "The kitchen is painted." in sent(past, "yesterday", now=at, utc_offset=120, room=140)


def test_what_a_plan_was_asked_with_finds_the_plan() -> None:
    plan = "\n".join(f"{number}. Carry box {number} to the car and write it down." for number in range(1, 13))
    past = with_an_assistant({50: ("I need a plan for leaving Lisbon.", f"{'First things first. ' * 12}\n\n{plan}\n\nGood luck.")})
    assert plan in sent(past, "What was step 4 of leaving Lisbon?", room=3_000)


def test_of_a_question_about_somebody_their_name_counts_most() -> None:
    others = [(f"My job gave me {number} letters on how a job is done.", "I see.") for number in range(12)]
    past = talk(("Kasimir works as a baker now.", "Good for him."), *others)
    assert "baker" in quoted_for(past, "What is the job of Kasimir?", 120)


def test_where_no_word_is_known_what_the_person_stated_fills_the_room() -> None:
    pairs = [(f"How about plan {number}?", "Plans like that are long, and need care. " * 20) for number in range(60)]
    pairs[5] = ("Meine Schwester wohnt in Rostock.", "Schön. " * 100)
    past = ConversationIndex(
        Turn(turn_id(MAY + place * WEEK), (Message("user", said), Message("assistant", answer)), 0)
        for place, (said, answer) in enumerate(pairs)
    )
    excerpts = recall(past, "Where does my sibling live?", 600, 60, context=QuestionContext(contrast=past.contrast(60)))
    assert "Meine Schwester wohnt in Rostock." in lines(excerpts)


def test_where_no_word_is_known_what_the_person_stated_comes_before_what_they_pasted() -> None:
    minutes = " ".join(f"The committee took note of item {number} and put it off until the spring." for number in range(120))
    pairs = [(f"How about plan {number}?", "Plans like that are long, and need care. " * 20) for number in range(60)]
    stated = "Meine Schwester wohnt seit vorigem Sommer in Rostock, wo sie auf der Werft arbeitet und am Wochenende segelt."
    pairs[5] = (stated, "Schön. " * 100)
    pairs[40] = (f"Sum this up:\n\n{minutes}", "The committee put off what it had before it. " * 20)
    past = ConversationIndex(
        Turn(turn_id(MAY + place * MINUTE), (Message("user", said), Message("assistant", answer)), 0)
        for place, (said, answer) in enumerate(pairs)
    )
    for room in (200, 500, 1_500):
        excerpts = recall(past, "Where does my sibling live?", room, 60, context=QuestionContext(contrast=past.contrast(60)))
        assert stated in lines(excerpts)


FACTS = {
    "Latin": ("La clé du bateau est sous le pot bleu.", "Où est la clé du bateau ?"),
    "Cyrillic": ("Ключ от лодки лежит под синим горшком.", "Где лежит ключ от лодки?"),
    "Greek": ("Το κλειδί της βάρκας είναι κάτω από τη γλάστρα.", "Πού είναι το κλειδί της βάρκας;"),
    "Hebrew": ("המפתח של הסירה נמצא מתחת לעציץ הכחול.", "איפה נמצא המפתח של הסירה?"),
    "Arabic": ("مفتاح القارب تحت الأصيص الأزرق.", "أين مفتاح القارب؟"),
    "Devanagari": ("नाव की चाबी नीले गमले के नीचे है।", "नाव की चाबी कहाँ है?"),
    "Thai": ("กุญแจเรืออยู่ใต้กระถางสีฟ้า", "กุญแจเรืออยู่ที่ไหน"),
    "Han": ("船的钥匙在蓝色花盆下面。", "船的钥匙在哪里？"),
    "kana": ("ボートのかぎは青いはちの下にあります。", "ボートのかぎはどこ？"),
    "Hangul": ("보트 열쇠는 파란 화분 밑에 있어요.", "보트 열쇠는 어디에 있어?"),
}


@pytest.mark.parametrize("script", FACTS)
def test_what_was_said_in_any_script_is_found_by_its_words(script: str) -> None:
    """Among statements, the others of them in other scripts; there is room for a few."""
    said = {place: (f"Thing {place} is done, and so is the one before it.", "Good to hear. " * 40) for place in range(199)}
    said |= {place: (fact, "I will keep that in mind. " * 20) for place, (fact, _) in zip(range(5, 105, 10), FACTS.values(), strict=True)}
    fact, question = FACTS[script]
    passages = sent(with_an_assistant(said), question, room=300)
    assert fact in passages
    assert sum(other in passages for other, _ in FACTS.values()) == 1


def test_what_a_person_corrects_stands_after_what_they_said_before_each_with_its_day() -> None:
    first, second = "My train to Bergen leaves at 9:40.", "I was wrong: my train to Bergen leaves at 11:15."
    passages = sent(with_an_assistant({20: (first, "Noted."), 60: (second, "Noted.")}), "When does my train to Bergen leave?", room=300)
    assert passages.index("[2023-05-21 ") < passages.index(first) < passages.index("[2023-06-30 ") < passages.index(second)


@pytest.mark.parametrize("corrections", [1, 2, 3])
def test_where_there_is_room_for_one_statement_only_it_is_the_newest(corrections: int) -> None:
    said = {20 + 40 * number: (f"My train to Bergen leaves at {9 + number}:40.", "Noted.") for number in range(corrections + 1)}
    passages = sent(with_an_assistant(said), "When does my train to Bergen leave?", room=70)
    assert passages.endswith(f"Me: My train to Bergen leaves at {9 + corrections}:40.")
    assert passages.count("Bergen") == 1
