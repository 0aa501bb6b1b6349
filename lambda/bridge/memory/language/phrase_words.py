"""Words of messages that lean on the last answer ("make it shorter", "now in Rust"), in the languages people write in. Data only.

Words follow their code; `_` stands for a space, `*` for any ending. Accents and case do not matter. The codes:

F says nothing. K go on. C more or less of a quality. E change, with what is to be changed; Q the same in one word; A add or take away.
P that, it. N without. L a language or form. I in, as. G again, another. O a number or place. B a part of a text.
W asks, M speaks of persons: neither leans.
"""

from __future__ import annotations

LEANING_WORDS = """
M0 i i'm i've my mine we our he she they her his their than ich mein* wir unser* er ihr je mon ma mes nous il elle yo mi mis él ella io
mio eu
meu minha ik mijn ja я мой моя мы ben jag min 私 我 나 내 우리 मैं मेर*
W0 what when where who why how which is are do does did was were have has should what's where's who's when's was wann wo wer warum wie
welch*
hast hat ist sind quoi quand où pourquoi combien quel* cuándo dónde quién cuánto quando dove chi perché onde quem waar wanneer gdzie что
когда
где кто почему 何 いつ どこ 誰 什么 谁 吗 뭐 언제 어디 ما متى أين क्या
F0 please now ok okay and then so just can could you would will me for us a an the bit little lot slightly much even but only too also
it's
thanks thank great good nice perfect well maybe try let's still give get want need to at of your be all bitte jetzt nun und mal doch
kannst
könntest du mir etwas ein eine einen der die den dem noch aber nur auch danke s_il te plaît vous plait maintenant et peux tu le la les
un une de
des du d l aussi merci por favor ahora y puedes el los las una del pero per piacere ora il lo agora você o os as da também graag nu en
kun het
proszę teraz пожалуйста теперь а и lütfen şimdi ve bir tack och kan lite prosím teď ください くれ 。 して を は が 请 把 一点 一下 吧
现在 좀 주세요 줘 해 이제 를 을
الآن و करो कर दो कृपया अब और nhé đi hãy tolong
K0 continue* continuing go_on keep_going carry_on proceed next_part next_chapter weiter weitermachen fortfahren mach_weiter continú*
continua
prosegui sigue ga_verder kontynuuj продолж* дальше devam fortsätt pokračuj 続けて 続き 继续 接着 계속 أكمل استمر تابع जारी tiếp_tục
lanjut*
C0 shorter longer simpler clearer easier briefer friendlier nicer better warmer stronger softer funnier smaller bigger faster cleaner
more less
fewer concise* brief briefly formal informal casual polite detailed simple short too_long too_short too_formal too_complicated in_detail
detail
kürz* länger einfacher klarer genauer ausführlicher formeller freundlicher knapper lockerer besser mehr weniger zu_lang plus moins mieux
más
menos mejor più meno meglio mais melhor korter langer eenvoudiger beter meer krócej dłużej prościej короче длиннее проще подробнее daha
kısa
kortare längre enklare mer kratší delší jednoduš* もっと 短く 簡単に 詳しく 短一点 更 简短 简单 详细 더 짧게 길게 자세히 간단히 أقصر
أطول أبسط باختصار छोटा लंबा सरल hơn
lebih singkat
E0 make rewrite rephrase reword reformulate translate explain turn convert put format shorten simplify expand elaborate clarify improve
polish
change redo repeat transform express say write do split check test sort refactor wrap extend optimize summarize proofread correct
mach* schreib* übersetz* formulier* umformulier* umschreib* erklär* vereinfach* wiederhol* traduis rends reformule réécris mets traduce
reescribe
explica haz traduci riscrivi rendi traduz vertaal maak przetłumacz przepisz переведи перепиши объясни сделай çevir yaz översätt skriv
gör přelož
udělej 訳 翻訳 書き直 説明 直して 翻译 译成 改写 改成 重写 解释 번역 바꿔 설명 ترجم* अनुवाद समझाओ dịch viết terjemahkan ubah
Q0 hazl* tradúcel* ponl* resúmel* traducil* rendil* mettil* redo try_again rephrase reword ulangi
A0 add include remove delete drop omit use replace rename fix insert append leave_out skip cut füg* entfern* lösch* lass benutz*
verwend*
ersetz* nimm ajoute enlève supprime remplace utilise añade agrega quita elimina usa cambia aggiungi togli rimuovi adiciona voeg
verwijder dodaj
usuń добавь убери замени ekle lägg_till přidej 追加 消して 削除 加上 添加 去掉 추가 삭제 أضف احذف जोड़ो thêm tambahkan
P0 it that this them these those its es das dies diese ça cela eso esto lo questo isso isto dat dit deze to это его bunu det それ これ
这个 这 它
이거 그거 इसे nó itu ini
N0 without no not ohne kein* nicht sans pas sin senza sem zonder bez без utan
L0 english german french spanish italian portuguese dutch polish russian turkish swedish japanese chinese korean arabic hindi latin
python rust
go golang java javascript typescript kotlin swift ruby php bash sql html css json yaml xml csv markdown latex c cpp react table tables
list
bullets bullet_points bullet_list points paragraph prose haiku sentence sentences words email diagram pseudocode
englisch* deutsch* französisch* spanisch* italienisch* tabelle stichpunkt* liste satz sätzen worten anglais allemand français espagnol
tableau
phrases inglés alemán francés español tabla frases inglese tedesco francese inglês tabela engels duits angielsk* английск* немецк*
таблиц*
ingilizce* engelska anglick* 英語 日本語 表 箇条書き 中文 英语 英文 表格 영어 한국어 표 الإنجليزية अंग्रेज़ी tiếng_anh inggris
I0 in into as on auf ins als zu in_the au comme a_l en al como em in_het naar op po na на в по till som v do で に 成 用 로 으로 إلى में
sang dalam
bahasa ke with mit avec con com z с med s
G0 again another other others same instead else rest alternative* variant version versions example examples one_more once_more
what_about
how_about nochmal noch_einmal stattdessen dasselbe andere* beispiel* noch_ein noch_eins encore autre* reste exemple* même otra otro vez
ejemplo*
ancora altr* esempi* outr* opnieuw ander* jeszcze przykład* еще снова другой пример* tekrar başka igen samma znovu もう一度 もう一つ
別の 例 再来 再 另一个
例子 다시 다른 예 مرة_أخرى फिर lại lagi
O0 first second third fourth fifth last next previous two three four five one erst* zweite* dritte* letzte* zwei drei premi* deuxième
dernière
deux trois primer* segund* último última dos tres prim* second* due tre
B0 step steps point part parts section sections line lines option options item items title tone function chapter week answer text intro
introduction conclusion variable class method comment comments typo column row style ending schritt punkt teil absatz zeile titel
funktion
woche étape partie titre paso punto parte
"""
