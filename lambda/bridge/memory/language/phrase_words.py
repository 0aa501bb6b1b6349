"""What words and turns of phrase say of a message, in the languages people write in. Data only.

The words of LEANING follow their code; `_` stands for a space, `*` for any ending. Accents and case do not matter. The codes:

F says nothing. K go on. C more or less of a quality. E change, with what is to be changed; Q the same in word; A add or take away.
P that, it. N with or without. L a language or form. I in, as. G again, another. O a number or place. B a part of a text.
W asks, M speaks of persons: neither leans.

The phrases of the others stand between spaces: `_` is a space, `'` a mark or nothing, `~` up to 30 characters, `/` parts alternatives
of a part between `~`s, `*` at the end stands for any ending, `^` for the beginning of the message.
"""

from __future__ import annotations

LEANING = """
=M0 i my we our he she they her his their than ich mein* wir unser* je mon ma mes nous yo mi mis 我 私
=W0 what when where who why how which is are do does did was were have has should wann wo wer warum wie welch* hast hat ist sind quand où
combien quel* cuándo dónde cuánto 何 谁 什么 吗
=F0 please like_i_m now ok okay and then so just can could you would will me for us a an the bit little much even but only too also s let
great good try give get want need to at of your be all bitte jetzt nun und mal doch kannst du mir etwas ein eine der die den dem noch aber
nur ganze s_il te plaît vous maintenant et tu le la les un une de des d l por favor ahora y los las una per il lo agora o os as
een nog och ください して を は 请 一点 一下 现在 좀 줘 해 를 करो और nhé đi
=K0 suite continue* go_on keep_going next_part next_chapter weiter mach_weiter continú* sigue ga_verder kontynuuj
fortsätt pokračuj lanjutkan tiếp_tục जारी продолж* devam 続けて 続き 继续 계속 أكمل استمر
=C0 shorter longer simpler clearer easier friendlier nicer cleaner funnier more less concise* brief* formal informal detailed
simple short too_long too_short in_detail detail kürz* länger einfacher genauer ausführlicher formeller mehr weniger plus moins más più
meno mais korter meer короче もっと 短く 簡単に 詳しく 短一点 更 简短 详细 더 짧게 أقصر छोटा hơn lebih
=E0 make rewrite rephrase translate explain turn convert put format shorten simplify expand elaborate improve change redo repeat write
split test refactor sort wrap optimize summarize mach* schreib* übersetz* formulier* umformulier* erklär* vereinfach* traduis rends
reformule mets traduce explica haz traduci traduz vertaal przetłumacz переведи 訳 翻訳 書き直 説明 翻译 译成 改成 重写 解释 번역 ترجم*
=Q0 hazl* tradúcel* try_again
=P0 it that this them these those its es das dies daraus ça cela eso esto isso dat это bunu それ 这个 它
=A0 add include remove delete drop use replace rename fix insert cut füg* ergänz* entfern* lösch* verwend* ersetz* ajoute enlève remplace
añade quita 追加 加上 添加
=N0 without with no not ohne kein* nicht mit sans sin senza sem
=L0 english german french spanish italian japanese chinese python rust go java javascript typescript kotlin html json markdown table list
bullets bullet_points bullet_list points sentence sentences words englisch* deutsch* französisch* spanisch* tabelle anglais allemand
français espagnol inglés francés 英語 日本語 表 中文 英语 영어
=I0 w in into on auf ins als zu en al em na в で に 成 用 로
=G0 again another different other same instead else rest example examples what_about how_about nochmal andere* beispiel* encore autre*
exemple* même otra otro vez ejemplo* ancora еще もう一度 もう一つ 另一个 例子 다시
=O0 first second third fourth fifth last next previous erst* zweite* dritte* letzte* premi*
=B0 step steps point part parts section line lines option options title tone function chapter week answer text intro introduction class
comment comments paragraph paragraphs absatz* paragraphe párrafo schritt punkt teil titel funktion partie parte
"""

STANDING = """
from_now_on in_future in_the_future whenever_i every_time_i
when/if_i~ask/say/send/share/write/paste/give/request/talk/mention/want/need/use/post/tell keep_in_mind don't_ever don't_forget ^remember
^i_prefer ^i'd_prefer by_default stop_using ^call_me anymore any_more ^note_that ab_jetzt ab_sofort künftig* in_zukunft immer_wenn_ich
jedes_mal ^wenn_ich merk_dir merke_dir denk/denke~daran vergiss_nicht nenn_mich à_partir_de_maintenant ^quand_je ^chaque_fois
souviens'toi_qu* n'oublie_pas appelle'moi a_partir_de_ahora en_adelante ^cuando_pid* ^cuando_pregunt* ^cada_vez_que ^recuerda no_olvides
llámame d'ora_in_poi ricorda_che chiamami a_partir_de_agora de_agora_em_diante ^quando_eu lembre'se me_chame vanaf_nu onthoud vergeet_niet
noem_me od_teraz pamiętaj с_этого_момента запомни ^помни зови_меня ^her_zaman bundan_sonra unutma från_och_med_nu od_teď nezapomeň いつも
常に 必ず 絶対に これから 今後 覚えておいて と呼んで 总是 永远 以后 今后 从现在开始 每次 记住 叫我 항상 절대 앞으로 기억해 من_الآن_فصاعدا
تذكر_أن* अब_से याद_रख* từ_giờ hãy_nhớ đừng_bao_giờ ingat_bahwa jangan_lupa
"""

ALWAYS = {
    0: "always never हमेशा कभी luôn selalu jangan",
    1: "zawsze nigdy всегда никогда asla alltid aldrig vždy nikdy",
    2: "immer stets nie niemals altijd nooit siempre sempre nunca jamás mai",
    3: "toujours jamais",
    9: "دائما أبدا",
}
"""By how many words may stand before them in their sentence."""

POLITE = "please and also ok okay so but just hi hello then bitte und por favor"
ADDRESSING = "you can should must may do du sollst"
SUBJECTS = """
i we she he it they there my our his her the is was are has have had do does did ich wir es er sie ist war hat mein meine je j il elle on
c yo mi io eu ik hij zij was ja я он она мы ben jag han hon
"""
TENSES = "been had is was were will told said gave did he ha llueve fui estive été"
"""Words before an "always" and after it by which it tells how things are."""

QUESTIONS = """
^what ^who ^where ^why ^how ^which ^do_you ^does ^did ^is ^are ^am ^was ^were ^have ^has ^had ^should ^will ^can_you ^when_did ^when_do
^when_is ^when_was ^tell_me ^write 왜 为什么 なぜ
"""
REQUESTS = "can could would will"
STANDING_REQUESTS = "you~always/never/from_now/remember_that/remember_my/remember_i/call_me/stop/keep_in_mind"

ASSISTANT = """
did_you/have_you/had_you/you_had/you_have/you've~recommend*/suggest*/advis*/say/said/tell/told/propos*/mention*/explain*/describ*/give/given/list*
you_recommended you_suggested you_advised you_said you_told you_mentioned
your~advice/suggestion*/recommendation*/reply/explanation/proposal/answer* du~empfohlen/gesagt/vorgeschlagen/geraten/erklärt
dein/deine~rat/vorschl*/empfehlung*/antwort* as'tu/tu_as/tu_m'as/vous_avez~dit/conseill*/recommand*/propos* recomendaste dijiste sugeriste
aconsejaste 勧めて 提案し と言った 你~推荐/说过/说的/建议 추천했 말했
"""

PRONOUNS = """
it that this they them he she him his its their theirs those these ihn ihm ihnen dies diese dieser dieses diesem dafür davon damit elle
elles ça cela c lui leur leurs eso esa ese esto él ella lei loro esso essa questo questa quello quella ciò isso isto ele ela dat deze hij
zij hem haar он она они оно его её ее их этот эта это эти нее неё него bu onu bunu onun dem detta denna هو هي هذا هذه ذلك वह यह वो ये उस
इस उसका इसका nó đó này itu ini dia
"""
HINTED_PRONOUNS = {
    "es er sie": "wie was wann wo wer warum war waren ist sind und hat gibt kostet wird",
    "die ze dit": "wat waar wanneer hoe waarom kost zijn heb",
    "il ils": "est quel quelle combien quand comment pourquoi où et t coûte sont",
    "det den han hon": "vad var hur när är varför vem och kostar blir",
}
"""Pronouns that are other words in other languages, and words that show the language."""
LAST_WORDS = "das der den die le la les lo los las het o a os as"
"""Articles, which are pronouns at the end."""
OPENINGS = "and und et y e en и а i ve och og و और và dan"
UNSPACED_PRONOUNS = ("それ", "これ", "あれ", "その", "この", "あの", "彼", "它", "他", "她", "那", "这")
