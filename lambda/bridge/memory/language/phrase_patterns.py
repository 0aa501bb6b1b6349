"""Turns of phrase in the languages people write in. Data only.

Between spaces stands a phrase: `_` is a space, `'` a mark or nothing, `~` up to 30 characters, `/` separates alternatives of a part between
`~`s, `*` at the end stands for any ending, `^` for the beginning of the message. Accents and case do not matter.
"""

from __future__ import annotations

STANDING = """
from_now_on from_here_on from_today_on going_forward in_future in_the_future whenever_i every_time_i each_time_i any_time_i
when/if_i~ask/say/send/share/write/paste/give/request/talk/mention/want/need/use/type/post/tell keep_in_mind bear_in_mind don't_ever
don't_forget
^remember_that ^remember_i ^remember_my ^remember: ^remember, ^note_that please_remember ^i_prefer ^i'd_prefer i_always_prefer as_a_rule
by_default stop_using stop_saying ^call_me you_can_call_me ^address_me anymore any_more
ab_jetzt ab_sofort ab_heute künftig* zukünftig* in_zukunft von_jetzt_an von_nun_an immer_wenn_ich jedes_mal ^wenn_ich merk_dir merke_dir
denk_daran denke_daran vergiss_nicht nenn_mich nenne_mich ich_bevorzuge
à_partir_de_maintenant désormais dorénavant à_l'avenir ^quand_je ^lorsque_je ^chaque_fois ^si_je souviens'toi_qu* rappelle'toi_qu*
n'oublie_pas
appelle'moi je_préfère ^retiens a_partir_de_ahora en_adelante ^cuando_te ^cuando_pid* ^cuando_pregunt* ^siempre_que ^cada_vez_que
^recuerda
ten_en_cuenta no_olvides llámame ^prefiero d'ora_in_poi d'ora_in_avanti ^quando_ti ^quando_chiedo ^ogni_volta_che ricorda_che ricordati
non_dimenticare chiamami ^preferisco a_partir_de_agora daqui_em_diante sempre_que_eu toda_vez_que ^quando_eu lembre'se lembra'te
não_esqueç*
não_se_esqueç* me_chame me_chama_de vanaf_nu voortaan ^als_ik telkens_als onthoud vergeet_niet noem_me ik_heb_liever
od_teraz w_przyszłości za_każdym_razem ^gdy ^kiedy_prosz* ^kiedy_pyt* pamiętaj zapamiętaj nie_zapominaj mów_do_mnie mów_mi
с_этого_момента отныне впредь каждый_раз ^когда_я ^если_я запомни ^помни не_забывай имей_в_виду зови_меня называй_меня
bundan_sonra bundan_böyle her_seferinde unutma aklında_tut bana~de/diye
från_och_med_nu hädanefter i_framtiden varje_gång ^när_jag ^om_jag kom_ihåg_att glöm_inte kalla_mig
od_teď pokaždé ^když_se ^když_chci pamatuj nezapomeň říkej_mi
いつも 常に 必ず 絶対に これから 今後 覚えておいて 覚えてください 忘れないで と呼んで たびに 总是 永远 以后 今后 从现在开始 从今 每次
每当 记住 请记得 别忘 务必 叫我
항상 언제나 절대 앞으로 이제부터 지금부터 때마다 기억해 잊지_마 불러줘 من_الآن_فصاعدا كلما عندما_أ* تذكر_أن* لا_تنس* نادني अब_से आज_से
जब_भी याद_रख* भूलना_मत
từ_giờ từ_nay mỗi_khi hãy_nhớ nhớ_rằng đừng_quên gọi_tôi_là mulai_sekarang setiap_kali kalau_saya ingat_bahwa jangan_lupa panggil_saya
"""

ALWAYS = {
    0: "always never don't_ever हमेशा कभी luon dung_bao_gio selalu jangan",
    2: "immer stets nie niemals altijd nooit toujours jamais siempre sempre nunca jamas mai",
    1: "zawsze nigdy всегда никогда her_zaman asla alltid aldrig vzdy nikdy",
    9: "دائما أبدا",
}
"""By how many words may stand before them in their sentence."""

STATES = """
i we she he it they there my our his her the is was are has have had do does did ich wir es er sie ist war hat mein meine je j il elle
on c yo mi
he ha llueve fui io ho eu estive ik hij zij was ja я он она мы ben jag han hon ete
"""
"""Words next to an "always" by which it tells how things are."""

QUESTIONS = """
^what ^who ^where ^why ^how ^which ^do_you ^does ^did ^is ^are ^am ^was ^were ^have ^has ^had ^should ^will ^can_you ^when_did ^when_do
^when_is
^when_was ^tell_me ^write 왜 为什么 なぜ
"""

POLITE = """
^can/could/would/will_you~always/never/from_now/remember_that/remember_my/remember_i/call_me/stop/keep_in_mind
"""

ASSISTANT = """
did_you/have_you/had_you/you_had/you_have/you've~recommend*/suggest*/advis*/say/said/tell/told/propos*/mention*/explain*/describ*/give/given/list*
you_recommended you_suggested you_advised you_said you_told you_proposed you_mentioned you_explained you_described you_gave you_listed
you_wrote
your~advice/suggestion*/recommendation*/reply/explanation/proposal/answer*
du~empfohlen/gesagt/vorgeschlagen/geraten/erklärt/genannt empfahlst_du sagtest_du
dein/deine/deinen/deiner~rat/vorschl*/empfehlung*/antwort*
as'tu/tu_as/tu_m'as/avez'vous/vous_avez/vous_m'avez~dit/conseill*/recommand*/propos*/suggér*
ton/tes/votre/vos~conseil*/suggestion*/réponse*
recomendaste dijiste sugeriste aconsejaste propusiste explicaste tu/tus~consejo*/sugerencia*/respuesta*
hai~consigliat*/detto/suggerit*/raccomandat*/propost*/spiegat* tuo/tua/tuoi~consigl*/suggeriment*/rispost*
você~recomend*/disse/suger*/aconselh*/explic* disseste seu/sua/teu/tua~conselho*/sugest*/respost*
heb_je/had_je/je_hebt~aanbevolen/gezegd/aangeraden/voorgesteld poleciłe* poleciła* powiedziałe* powiedziała* doradził* zaproponował*
ты/вы~совет*/посовет*/сказал*/рекоменд*/порекоменд*/предл* твой/твои/твоего~совет*/ответ*
önerdin dedin söyledin önermiştin rekommenderade_du sa_du föreslog_du jsi~doporučil*/řekl*/navrhl*/poradil*
勧めて 勧めた 勧めまし 提案し 教えてくれ と言って と言った と言い あなたの答え あなたの提案 你~推荐/说过/说的/说了/建议/提到/告诉 추천했
추천해_준 추천해_줬 제안했 말했 뭐라고_했
نصحت* قلت_لي اقترحت* तुमने आपने bạn_đã kamu/anda~saran*/rekomend*/bilang/kata* saranmu
"""

OVERVIEW = """
in_what_order in_which_order in_what_sequence the_order_in the_order_of the_sequence chronolog* timeline from_the_start_to
list/name/give_me/show_me/tell_me/what_are~all/every*/everything all_the~i/we/you everything_i everything_we everything_you full_list
summari* summary overview recap sum_up throughout_our throughout_the across_our across_all across_my across_conv* walk_me_through_how
how_has/how_have/how_did~progress*/develop*/evolve*/chang*/improve*
reihenfolge chronologi* liste~auf/alle zähl*~auf fass/fasse~zusammen zusammenfass* überblick übersicht nenn*/zeig*~alle alles_was
quel_ordre résume* récapitul* tout_ce_qu* tous/toutes~que/qu/dont liste~tous/toutes/les qué_orden enumera lista resum* todo_lo_que
todos/todas~que
quale_ordine elenca elenco riassu* riepilog* tutto/tutti/tutte~che que_ordem liste tudo_o_que volgorde vat~samen samenvat* overzicht
alles_wat
kolejność* wymień wypisz podsum* wszystko_co порядке по_порядку перечисли список итог* всё_что sırayla sırasıyla listele özet*
ordning* räkna_upp sammanfatt* översikt allt_som pořadí vyjmenuj seznam shrň shrnutí přehled 順番 順に 一覧 全部 すべて まとめ 要約
振り返 顺序 列出 列举 所有 总结 概括 回顾
순서 나열 목록 모두 전부 요약 정리해 ترتيب قائمة لخص ملخص* كل_ما क्रम सूची सभी सारांश thứ_tự liệt_kê danh_sách tóm_tắt urutan urutkan
daftar ringkas* rangkum*
"""

PRONOUNS = """
it that this they them he she him his its their theirs those these ihn ihm ihnen dies diese dieser dieses diesem dessen deren dafür
davon damit
dabei daran dazu elle elles ça cela c celui celle lui leur leurs eso esa ese esto él ella ellos ellas lei loro esso essa questo questa
quello
quella ciò isso isto dele dela ele ela eles elas dat deze hij zij hem haar ervan он она они оно его её ее их этот эта это эти нее неё
него bu
onu bunu onun bunun onlar dem detta denna jeho jej هو هي هم هذا هذه ذلك تلك वह यह वो ये उस इस उसका उसकी इसका इसकी nó đó này itu ini dia
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

UNSPACED_PRONOUNS = "それ これ あれ その この あの 彼 它 他 她 那 这 ^そして ^それで ^あと ^还有"
