"""What words and turns of phrase say of a message, in the languages people write in. Data only.

The words of LEANING follow their code; `_` stands for a space, `*` for any ending. Accents and case do not matter. The codes:

F says nothing. K go on. C more or less of a quality. E change, with what is to be changed; Q the same in one word; A add or take away.
P that, it. N with or without. L a language or form. I in, as. G again, another. O a number or place. B a part of a text.
W asks, M speaks of persons: neither leans.

The phrases of the others stand between spaces: `_` is a space, `'` a mark or nothing, `~` up to 30 characters, `/` parts alternatives
of a part between `~`s, `*` at the end stands for any ending, `^` for the beginning of the message.
"""

from __future__ import annotations

LEANING = """
=M0 i my mine we our he she they her his their than ich mein* wir unser* er ihr je mon ma mes nous yo mi mis io mio я мой моя 我 私 나 내
=W0 what when where who why how which is are do does did was were have has should wann wo wer warum wie welch* hast hat ist sind quand où
pourquoi combien quel* cuándo dónde quién cuánto 何 いつ 谁 什么 吗
=F0 please now ok okay and then so just can could you would will me for us a an the bit little lot slightly much even but only too also s
let still like_i_m thanks thank great good nice perfect well maybe try give get want need to at of your be all bitte jetzt nun und mal
doch kannst könntest du mir etwas ein eine einen der die den dem noch aber nur auch danke ganze s_il te plaît vous plait maintenant et
peux tu le la les un une de des du d l aussi merci por favor ahora y los las una per il lo ora agora você o os as da graag nu en een nog
kun het proszę teraz пожалуйста теперь а и lütfen şimdi bir tack och prosím ください 。 して を は が 请 一点 一下 吧 现在 좀 주세요 줘 해
이제 를 을 و करो कर दो अब और आगे nhé đi hãy tolong
=K0 suite continue* continuing go_on keep_going carry_on proceed next_part next_chapter weiter weitermachen mach_weiter continú* continua
prosegui sigue ga_verder kontynuuj продолж* дальше devam fortsätt pokračuj 続けて 続き 继续 接着 계속 أكمل استمر تابع जारी tiếp_tục
lanjut*
=C0 shorter longer simpler clearer easier briefer friendlier funnier warmer nicer better stronger smaller bigger faster cleaner more less
fewer concise* brief briefly formal informal casual polite detailed simple short too_long too_short too_complicated in_detail detail kürz*
länger einfacher klarer genauer ausführlicher formeller freundlicher lockerer besser mehr weniger plus moins mieux más menos mejor più
meno mais melhor korter langer eenvoudiger meer krócej dłużej prościej короче длиннее проще подробнее daha kısa kortare längre enklare
kratší delší jednoduš* もっと 短く 簡単に 詳しく 短一点 更 简短 简单 详细 더 짧게 길게 자세히 أقصر أطول أبسط باختصار छोटा लंबा सरल hơn
lebih singkat
=E0 make rewrite rephrase reformulate translate explain turn convert put format shorten simplify expand elaborate clarify improve polish
change redo repeat express say write split check test sort refactor wrap extend optimize summarize correct mach* schreib* übersetz*
formulier* umformulier* umschreib* erklär* vereinfach* wiederhol* traduis rends reformule réécris mets traduce reescribe explica haz
traduci riscrivi traduz vertaal przetłumacz переведи объясни сделай çevir översätt přelož 訳 翻訳 書き直 説明 直して 翻译 译成 改写 改成
重写 解释 번역 바꿔 설명 ترجم* अनुवाद dịch terjemahkan
=Q0 hazl* tradúcel* ponl* resúmel* traducil* rendil* mettil* redo try_again rephrase reword ulangi
=P0 it that this them these those its es das dies diese daraus ça cela eso esto lo questo isso isto dat dit deze to это его bunu det それ
これ 这个 这 它 이거 그거 इसे nó itu
=A0 add include remove delete drop omit use replace rename fix insert append leave_out skip cut füg* ergänz* entfern* lösch* lass benutz*
verwend* ersetz* nimm ajoute enlève supprime remplace utilise añade agrega quita elimina usa cambia aggiungi togli rimuovi 追加 消して
削除 加上 添加 去掉 추가 삭제
=N0 without with no not ohne kein* nicht mit sans pas sin senza sem zonder bez без utan
=L0 english german french spanish italian portuguese dutch polish russian turkish swedish japanese chinese korean arabic hindi python rust
go golang java javascript typescript kotlin swift ruby php bash sql html css json yaml xml csv markdown latex c react table tables list
bullets bullet_points bullet_list points paragraph sentence sentences words email englisch* deutsch* französisch* spanisch* italienisch*
tabelle stichpunkt* liste satz sätzen anglais allemand français espagnol tableau phrases inglés alemán francés español tabla inglese
francese inglês engels tabeli angielsk* английск* немецк* 英語 日本語 表 箇条書き 中文 英语 英文 表格 영어 한국어 الإنجليزية अंग्रेज़ी
tiếng_anh
=I0 w in into as on auf ins als zu in_the au comme a_l en al como em in_het naar op po na на в som v do で に 成 用 로 으로 إلى में sang
dalam
=G0 again another different other others same instead else rest alternative* variant version versions example examples one_more once_more
what_about how_about nochmal noch_einmal stattdessen dasselbe andere* beispiel* noch_ein encore autre* reste exemple* même otra otro vez
ejemplo* ancora altr* esempi* outr* opnieuw ander* voorbeeld* jeszcze przykład* еще снова пример* tekrar başka igen samma znovu もう一度
もう一つ 別の 例 再来 再 另一个 例子 다시 다른 예 مرة_أخرى फिर lại lagi
=O0 first second third fourth fifth last next previous two three four five one erst* zweite* dritte* letzte* zwei drei premi* deuxième
dernière deux trois primer* segund* última dos tres prim* second* due
=B0 step steps point part parts section line lines option options item items title tone function chapter week answer text intro
introduction conclusion variable class method comment comments typo column row style ending schritt punkt teil absatz zeile titel funktion
woche étape partie titre paso punto parte
"""

STANDING = """
from_now_on going_forward in_future in_the_future whenever_i every_time_i each_time_i any_time_i
when/if_i~ask/say/send/share/write/paste/give/request/talk/mention/want/need/use/type/post/tell keep_in_mind bear_in_mind don't_ever
don't_forget ^remember_that ^remember_i ^remember_my ^remember: ^remember, ^note_that please_remember ^i_prefer ^i'd_prefer
i_always_prefer as_a_rule by_default stop_using ^call_me you_can_call_me ^address_me anymore any_more ab_jetzt ab_sofort künftig*
in_zukunft von_jetzt_an immer_wenn_ich jedes_mal ^wenn_ich merk_dir merke_dir denk/denke~daran vergiss_nicht nenn_mich
à_partir_de_maintenant désormais à_l'avenir ^quand_je ^lorsque_je ^chaque_fois ^si_je souviens'toi_qu* rappelle'toi_qu* n'oublie_pas
appelle'moi je_préfère a_partir_de_ahora en_adelante ^cuando_pid* ^cuando_pregunt* ^cada_vez_que ^recuerda ten_en_cuenta no_olvides
llámame ^prefiero d'ora_in_poi d'ora_in_avanti ^quando_chiedo ^ogni_volta_che ricorda_che ricordati non_dimenticare chiamami
a_partir_de_agora daqui_em_diante de_agora_em_diante sempre_que_eu ^quando_eu lembre'se lembra'te não_esqueç* não_se_esqueç* me_chame
me_chama_de vanaf_nu voortaan ^als_ik onthoud vergeet_niet noem_me od_teraz w_przyszłości za_każdym_razem ^gdy ^kiedy_prosz* pamiętaj
mów_do_mnie mów_mi с_этого_момента впредь каждый_раз ^когда_я ^если_я запомни ^помни не_забывай имей_в_виду зови_меня называй_меня
^her_zaman bundan_sonra her_seferinde unutma bana~de/diye från_och_med_nu i_framtiden varje_gång kom_ihåg_att glöm_inte kalla_mig od_teď
pokaždé ^když_chci pamatuj nezapomeň říkej_mi いつも 常に 必ず 絶対に これから 今後 覚えておいて 覚えてください 忘れないで と呼んで たびに
总是 永远 以后 今后 从现在开始 每次 每当 记住 别忘 务必 叫我 항상 절대 앞으로 이제부터 때마다 기억해 잊지_마 불러줘 من_الآن_فصاعدا كلما
عندما_أ* تذكر_أن* لا_تنس* نادني अब_से आज_से जब_भी याद_रख* भूलना_मत từ_giờ từ_nay mỗi_khi hãy_nhớ nhớ_rằng đừng_quên đừng_bao_giờ
gọi_tôi_là mulai_sekarang setiap_kali kalau_saya ingat_bahwa jangan_lupa panggil_saya
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
you_recommended you_suggested you_advised you_said you_told you_mentioned you_listed you_wrote
your~advice/suggestion*/recommendation*/reply/explanation/proposal/answer* du~empfohlen/gesagt/vorgeschlagen/geraten/erklärt/genannt
sagtest_du dein/deine/deinen/deiner~rat/vorschl*/empfehlung*/antwort*
as'tu/tu_as/tu_m'as/avez'vous/vous_avez/vous_m'avez~dit/conseill*/recommand*/propos*/suggér*
ton/tes/votre/vos~conseil*/suggestion*/réponse* recomendaste dijiste sugeriste aconsejaste tu/tus~consejo*/sugerencia*/respuesta*
hai~consigliat*/detto/suggerit*/raccomandat* tuo/tua/tuoi~consigl*/suggeriment* você~recomend*/disse/suger*/aconselh*
seu/sua/teu/tua~conselho*/sugest* heb_je/je_hebt~aanbevolen/gezegd/aangeraden/voorgesteld poleciłe* poleciła* powiedziałe* powiedziała*
ты/вы~совет*/посовет*/сказал*/рекоменд*/предл* твой/твоего~совет* önerdin dedin rekommenderade_du sa_du jsi~doporučil*/řekl* 勧めて 勧めた
勧めまし 提案し 教えてくれ と言って と言った と言い あなたの答え あなたの提案 你~推荐/说过/说的/说了/建议/提到/告诉 추천했 추천해_준 말했
뭐라고_했 نصحت* قلت_لي اقترحت* तुमने आपने bạn_đã kamu/anda~saran*/rekomend*/bilang saranmu
"""

OVERVIEW = """
in_what_order in_which_order in_what_sequence the_order_in the_order_of the_sequence chronolog* timeline from_the_start_to
list/name/give_me/show_me/tell_me/what_are~all/every*/everything all_the~i/we/you everything_i everything_we everything_you full_list
summari* summary overview recap sum_up throughout_our throughout_the across_our across_all across_my across_conv* walk_me_through_how
how_has/how_have/how_did~progress*/develop*/evolve*/chang*/improve* reihenfolge chronologi* liste~auf/alle zähl*~auf fass/fasse~zusammen
zusammenfass* überblick übersicht nenn*/zeig*~alle alles_was quel_ordre résume* récapitul* tout_ce_qu* tous/toutes~que/qu/dont
liste~tous/toutes/les qué_orden enumera lista resum* todo_lo_que todos/todas~que quale_ordine elenca elenco riassu* riepilog*
tutto/tutti/tutte~che que_ordem liste tudo_o_que volgorde vat~samen samenvat* overzicht alles_wat kolejność* wymień wypisz podsum*
wszystko_co порядке по_порядку перечисли список итог* всё_что sırayla sırasıyla listele özet* ordning* räkna_upp sammanfatt* översikt
allt_som pořadí vyjmenuj seznam shrň shrnutí přehled 順番 順に 一覧 全部 すべて まとめ 要約 振り返 顺序 列出 列举 所有 总结 概括 回顾 순서
나열 목록 모두 전부 요약 정리해 ترتيب قائمة لخص ملخص* كل_ما क्रम सूची सभी सारांश thứ_tự liệt_kê danh_sách tóm_tắt urutan urutkan daftar
ringkas* rangkum*
"""

PRONOUNS = """
it that this they them he she him his its their theirs those these ihn ihm ihnen dies diese dieser dieses diesem dessen deren dafür davon
damit dabei daran dazu elle elles ça cela c celui celle lui leur leurs eso esa ese esto él ella ellos ellas lei loro esso essa questo
questa quello quella ciò isso isto dele dela ele ela eles elas dat deze hij zij hem haar ervan он она они оно его её ее их этот эта это
эти нее неё него bu onu bunu onun bunun onlar dem detta denna jeho jej هو هي هم هذا هذه ذلك تلك वह यह वो ये उस इस उसका उसकी इसका इसकी nó
đó này itu ini dia
"""
HINTED_PRONOUNS = {
    "es er sie": "wie was wann wo wer warum war waren ist sind und hat gibt kostet wird",
    "die ze dit": "wat waar wanneer hoe waarom kost zijn heb",
    "il ils": "est quel quelle combien quand comment pourquoi où et t coûte sont",
    "to ten ona ono tego ho": "co kiedy gdzie jak ile czy dlaczego jest było kdy kde kolik proč je bylo",
    "det den han hon": "vad var hur när är varför vem och kostar blir",
    "o şu": "ne kaç nerede nasıl neden kim ve mı mi mu oldu idi",
}
"""Pronouns that are other words in other languages, and words that show the language."""
LAST_WORDS = "das der den die le la les lo los las het o a os as"
"""Articles, which are pronouns at the end."""
OPENINGS = "and und et y e en и а i ve och og و और và dan"
UNSPACED_PRONOUNS = ("それ", "これ", "あれ", "その", "この", "あの", "彼", "它", "他", "她", "那", "这")
