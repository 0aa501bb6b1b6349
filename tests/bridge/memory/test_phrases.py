"""How messages are meant. The examples are those that the patterns were written for; accuracy on others is measured apart."""

from __future__ import annotations

import pytest

from bridge.memory.phrases import asks_assistant, follow_up, is_instruction, leans, named

LEANING = """
make it shorter
Shorter please
can you make this a bit more formal?
now in Rust
Now the same in Python
continue
continue week 12
go on
keep going
translate that to French
Translate it into Spanish, please.
add error handling
Add a column for the price.
Remove the second paragraph
Shorten the second paragraph.
Erkläre den zweiten Absatz genauer.
less technical please
explain step 3 in more detail
Could you rewrite it for children?
as a table
Put that in a table
turn it into bullet points
try again
another one
more examples please
give me three more
in German please
without the comments
use async instead
rename the function
fix the typo
Can you shorten it to two sentences?
what about the second option?
explain that again
more
And in TypeScript?
rephrase the last sentence
make the tone friendlier
Please simplify.
expand on point 2
and the rest?
Sort it by date
too long
not like that, more casual
change the title
Same but for Windows
kürzer bitte
mach es kürzer
weiter
Weiter mit Schritt 4
und jetzt auf Englisch
Übersetz das ins Französische
füg noch Kommentare hinzu
als Tabelle bitte
nochmal, aber einfacher
etwas formeller
Kannst du das umformulieren?
Erklär Punkt 3 genauer
ohne die Einleitung
plus court s'il te plaît
continue s'il te plaît
et en anglais ?
traduis ça en allemand
ajoute des exemples
rends-le plus simple
encore un
más corto por favor
hazlo más formal
tradúcelo al inglés
continúa
ahora en Java
añade comentarios
otra vez
più breve per favore
continua
rendilo più semplice
mais curto por favor
traduz isso para inglês
continue por favor
deixa mais simples
korter graag
maak het korter
vertaal dat naar het Engels
ga verder
kontynuuj
короче
переведи это на английский
продолжай
devam et
fortsätt
pokračuj
もっと短くして
続けて
英語に訳して
短一点
继续
더 짧게
계속해줘
영어로 번역해줘
أكمل
और छोटा करो
जारी रखो
ngắn hơn nhé
tiếp tục đi
lebih singkat
lanjutkan
"""

NOT_LEANING = """
What did I say about shorter trips?
How do I make pasta?
Where does my sister live?
Add milk to my shopping list
Translate "good morning" to French
Write a function in Rust
I want to make a cake for my mother
My daughter is shorter than me
When is my dentist appointment?
What port does the staging database listen on?
Now I live in Berlin
Which jobs run after 3 at night?
Please add logging to parse_ledger.
Remember that I am vegetarian
hello
Thanks!
good morning
How long does the digest job take?
Who owns it?
What's the path?
We moved to Rust last year
Is Python faster than Go?
Write me a poem about autumn
Let's plan the trip to Japan
I'm learning French
My name is Ada
Do we still use Redis?
The meeting is in German
Can you recommend a book about gardening?
Why did a customer leave us?
How much do the servers cost?
Remind me to call Anna tomorrow
What is a table in SQL?
Summarize our discussion about the budget
Always answer in German
Explain how TCP works
Explain the difference between lists and tuples
Create a table of European capitals
I need another job
The second option is the one Peter chose
Please fix the bug in price_calculator
Should I continue my studies?
What was step 3 of the plan for the orders table?
More people came than I expected
Tell me a joke
I added error handling yesterday
Give me three recipes with pumpkin
We will use async workers in production
My son is in week 12 of school
Which translations do we need?
Wo wohnt meine Schwester?
Wie hoch ist mein Beitrag?
Ich lerne jetzt Englisch
Schreib mir ein Gedicht über den Herbst
Was heißt Hund auf Englisch?
Meine Schwester ist kleiner als ich
Wann muss das Auto zum TÜV?
Guten Morgen
Wir fahren weiter nach Italien
Erklär mir die Relativitätstheorie
Combien coûte le chauffe-eau ?
Ma sœur habite à Lyon
Comment va-t-on à Marseille ?
J'apprends l'anglais
Écris un poème sur l'automne
Bonjour
¿Cuándo cumple años la abuela?
Mi hermana vive en Madrid
Escribe un correo a mi jefe
Quiero aprender inglés
Dove abita mia sorella?
Scrivi una poesia sull'autunno
Buongiorno
Onde mora a minha irmã?
Escreve um poema sobre o outono
Waar woont mijn zus?
Schrijf een gedicht over de herfst
Gdzie mieszka moja siostra?
Napisz wiersz o jesieni
Где живёт моя сестра?
Напиши стихотворение об осени
Привет
Kız kardeşim nerede yaşıyor?
Sonbahar hakkında bir şiir yaz
Var bor min syster?
Skriv en dikt om hösten
Kde bydlí moje sestra?
Napiš báseň o podzimu
私の姉はどこに住んでいますか
秋についての詩を書いて
家賃はいくらですか
我弟弟学什么专业？
写一首关于秋天的诗
现在房租多少钱？
동생은 어디에서 일해요?
가을에 대한 시를 써줘
أين تسكن أختي؟
اكتب قصيدة عن الخريف
मेरी बहन कहाँ रहती है?
Chị tôi sống ở đâu?
Di mana kakak saya tinggal?
Tulis puisi tentang musim gugur
"""

INSTRUCTIONS = """
Always answer in German.
Never use emojis.
From now on, keep your answers under 100 words.
Whenever I ask for code, use type hints.
When I ask for a recipe, make it vegetarian.
Remember that I am allergic to nuts.
Keep in mind that I work night shifts.
Call me Ada.
Please don't use bullet points anymore.
In future, cite your sources.
I prefer metric units.
Every time I share a draft, point out typos first.
If I ask about money, answer in euros.
You should always include tests with code.
Please remember: my name is spelled with a k.
Don't ever apologise.
Antworte immer auf Deutsch.
Benutze nie Emojis.
Ab jetzt bitte kurz.
Wenn ich nach Code frage, nimm Python.
Merk dir, dass ich Vegetarier bin.
Nenn mich Tom.
Denk daran, dass ich in Zürich wohne.
Réponds toujours en français.
N'utilise jamais d'emoji.
À partir de maintenant, tutoie-moi.
Souviens-toi que je suis végétarien.
Quand je demande du code, utilise Rust.
Appelle-moi Léo.
Responde siempre en español.
Nunca uses emojis.
A partir de ahora, sé breve.
Recuerda que soy alérgico a las nueces.
Cuando pregunte por recetas, que sean veganas.
Llámame Pepe.
Rispondi sempre in italiano.
Non usare mai emoji.
D'ora in poi rispondi in breve.
Ricorda che sono vegetariano.
Chiamami Gio.
Responda sempre em português.
Nunca use emojis.
A partir de agora seja breve.
Lembre-se de que sou vegetariano.
Antwoord altijd in het Nederlands.
Gebruik nooit emoji's.
Vanaf nu kort graag.
Onthoud dat ik vegetariër ben.
Zawsze odpowiadaj po polsku.
Nigdy nie używaj emoji.
Od teraz odpowiadaj krótko.
Pamiętaj, że jestem wegetarianinem.
Всегда отвечай по-русски.
Никогда не используй эмодзи.
С этого момента отвечай кратко.
Запомни, что я вегетарианец.
Зови меня Саша.
Her zaman Türkçe cevap ver.
Asla emoji kullanma.
Bundan sonra kısa yaz.
Unutma, ben vejetaryenim.
Svara alltid på svenska.
Använd aldrig emojis.
Från och med nu, svara kort.
Vždy odpovídej česky.
Nikdy nepoužívej emoji.
Od teď odpovídej krátce.
いつも日本語で答えてください。
絶対に絵文字を使わないで。
これからは短く答えて。
私がベジタリアンだと覚えておいて。
以后都用中文回答。
永远不要用表情符号。
从现在开始回答简短一点。
记住我对坚果过敏。
叫我小王。
항상 한국어로 대답해줘.
절대 이모지를 쓰지 마.
앞으로는 짧게 대답해.
내가 채식주의자라는 걸 기억해.
أجب دائما بالعربية.
لا تستخدم الرموز التعبيرية أبدا.
من الآن فصاعدا أجب باختصار.
تذكر أنني نباتي.
हमेशा हिंदी में जवाब दो।
कभी इमोजी मत इस्तेमाल करो।
याद रखो कि मैं शाकाहारी हूँ।
अब से छोटा जवाब दो।
Luôn trả lời bằng tiếng Việt.
Đừng bao giờ dùng emoji.
Từ giờ trả lời ngắn thôi.
Hãy nhớ rằng tôi ăn chay.
Selalu jawab dalam bahasa Indonesia.
Jangan pernah pakai emoji.
Ingat bahwa saya vegetarian.
"""

NO_INSTRUCTIONS = """
Do you always answer this fast?
Have you ever been to Paris?
Why does it always rain?
Is it always like this?
Do you remember my name?
Do you remember that I am vegetarian?
What should I keep in mind when buying a house?
When did I ask about that?
I have never been to Rome.
My sister always forgets her keys.
We always went to the sea in summer.
What did I say about remembering names?
Can you remember what we discussed?
The server never starts.
It always crashes with a timeout.
How do I call a function?
Should I call Anna?
I will call you later.
Will it never end?
Which commands do I always need?
She never said that.
What time is it?
Write a poem about never giving up.
Tell me when I asked about Redis.
When I was young I lived in Bern.
When I run it, it crashes.
Whenever it rains, the cellar floods.
Warum regnet es immer?
Erinnerst du dich an meinen Namen?
Ich war noch nie in Rom.
Meine Schwester vergisst immer den Schlüssel.
Ist das immer so?
Pourquoi pleut-il toujours ?
Te souviens-tu de mon nom ?
Je ne suis jamais allé à Rome.
¿Por qué siempre llueve?
¿Recuerdas mi nombre?
Nunca he estado en Roma.
Perché piove sempre?
Ti ricordi il mio nome?
Por que chove sempre?
Waarom regent het altijd?
Dlaczego zawsze pada?
Почему всегда идёт дождь?
Я никогда не был в Риме.
Neden hep yağmur yağıyor?
Varför regnar det alltid?
Proč vždy prší?
なぜいつも雨なの?
私の名前を覚えていますか?
为什么总是下雨?
你记得我的名字吗?
왜 항상 비가 와?
لماذا تمطر دائما؟
हमेशा बारिश क्यों होती है?
Tại sao luôn mưa?
Kenapa selalu hujan?
"""


def lines(examples: str) -> list[str]:
    return examples.strip().splitlines()


@pytest.mark.parametrize("text", lines(LEANING))
def test_a_message_can_lean_on_the_last_answer(text: str) -> None:
    assert leans(text)


@pytest.mark.parametrize("text", lines(NOT_LEANING))
def test_a_message_that_says_all_it_needs_does_not_lean(text: str) -> None:
    assert not leans(text)


@pytest.mark.parametrize("text", lines(INSTRUCTIONS))
def test_an_instruction_stands_from_now_on(text: str) -> None:
    assert is_instruction(text)


@pytest.mark.parametrize("text", lines(NO_INSTRUCTIONS))
def test_questions_and_statements_are_no_instructions(text: str) -> None:
    assert not is_instruction(text)


@pytest.mark.parametrize(
    ("text", "how"),
    [
        ("and until when is it valid?", "pronoun"),
        ("Who owns it?", "pronoun"),
        ("how long does it take?", "pronoun"),
        ("Why was that?", "pronoun"),
        ("And which version was it?", "pronoun"),
        ("What's the path?", "short"),
        ("Und wann war das?", "pronoun"),
        ("Et c'était combien ?", "pronoun"),
        ("Wie hoch sind die?", "pronoun"),
        ("多久？", "short"),
        ("いくらだった？", "short"),
        ("몇 살이죠?", "short"),
        ("它多少钱？", "pronoun"),
        ("それはいつですか", "pronoun"),
        ("Сколько он стоит?", "pronoun"),
        ("¿Cuánto cuesta eso?", "pronoun"),
        ("Quanto costa questo?", "pronoun"),
        ("Quanto custa isso?", "pronoun"),
        ("Hoeveel kost dat?", "pronoun"),
        ("Ne kadar sürüyor bu?", "pronoun"),
        ("Vad kostar det?", "pronoun"),
        ("كم سعره هذا؟", "pronoun"),
        ("यह कितने का है?", "pronoun"),
        ("Where does the sister of my colleague Thomas live now?", ""),
        ("Wo wohnt der Bruder von Anna Müller in Berlin?", ""),
        ("Wo wohnt Anna?", "short"),
        ("I want to go home early this evening with Tom and Anna", ""),
        ("What port does the staging database listen on?", ""),
        ("Qual é a senha da rede da casa?", ""),
        ("Wie war das Passwort für das WLAN in dem Haus?", ""),
    ],
)
def test_a_follow_up_has_a_pronoun_or_is_short(text: str, how: str) -> None:
    assert follow_up(text) == how


@pytest.mark.parametrize(
    "text",
    [
        "What did you say about Redis?",
        "What was your advice on sleeping?",
        "What value did you recommend for max_wal_size?",
        "Was hast du mir empfohlen?",
        "Que m'as-tu conseillé ?",
        "¿Qué me recomendaste?",
        "何を勧めてくれた?",
        "你推荐了什么?",
        "뭐 추천했어?",
    ],
)
def test_a_message_can_ask_for_the_words_of_the_assistant(text: str) -> None:
    assert asks_assistant(text)


@pytest.mark.parametrize(
    "text",
    ["What did I say?", "Can you tell me a joke?", "What would you suggest?", "Where do I live?", "Wo wohne ich?", "Wie ist dein Name?"],
)
def test_a_request_is_no_question_for_past_words(text: str) -> None:
    assert not asks_assistant(text)


@pytest.mark.parametrize(
    ("message", "functions"),
    [
        ("Please add logging to variance.", ["variance("]),
        ("Can you add logging to sort?", ["sort("]),
        ("给parse_ledger加上日志", ["parse_ledger("]),
        ("Why is parse_ledger so slow?", ["parse_ledger("]),
        ("Let variance call parseLedger.", ["variance(", "parseledger("]),
        ("Sort the table by date.", []),
        ("What is the variance of my income?", []),
        ("Please add logging to something else.", []),
        ("Please add logging to variance. " * 5, []),
    ],
)
def test_a_short_message_names_functions_that_are_defined(message: str, functions: list[str]) -> None:
    assert named(message, {"variance(", "sort(", "parse_ledger(", "parseledger("}) == functions
