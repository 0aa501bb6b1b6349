"""Words that name days, in the languages people write in: the vocabulary of `day_tokens`. Data only.

Words follow their code and value; `_` stands for a space, `*` for any ending. Accents and case do not matter. The codes:

M month, `a` one that needs a day, a year or an "in" next to it, `s` a word that usually means something else, `t` nearly always.
R a day counted from today (`h` if the text is French), W weekday from Monday, 0 (`w` needs an "on" or "last"), V a period back, as T.
U unit in days: 1, 7, 30, 365. T a number of units, 1000 times the number and the unit. B "ago" before that, G after it, f "a few".
L last, H this, X next or every, D stands before a day, P before a month, S before either, `e` within a date, I a person.
K month after its number.
"""

from __future__ import annotations

DAY_WORDS = """
=M1 januar* jänner janvier enero gennaio janeiro stycz* январ* ocak* leden ledn* يناير जनवरी tháng_1 tháng_một tháng_giêng
=M2 februar* feber févr* febrero febbraio fever* luty lutego lutym феврал* şubat* únor* فبراير फरवरी tháng_2 tháng_hai
=M3 i_mars mart_ayında mart_ayı märz marzo março maart marzec marca marcu март* březen březn* مارس मार्च maret tháng_3 tháng_ba
=M4 april* avril abril kwie* апрел* nisan* duben dubn* أبريل अप्रैल tháng_4 tháng_tư
=M5 i_maj i_mai maggio maio mayıs* květ* مايو मई tháng_5 tháng_năm
=M6 june juni* juin giugno junho czerw* июн* haziran* červen června červnu يونيو जून tháng_6 tháng_sáu
=M7 july juli* juillet luglio julho lipiec lipca lipcu июл* temmuz* července* يوليو जुलाई tháng_7 tháng_bảy
=M8 august* août agosto sierp* ağustos* srpen srpn* أغسطس अगस्त tháng_8 tháng_tám
=M9 septemb* septiemb* setiemb* settemb* setemb* wrze* сентябр* eylül* září سبتمبر सितंबर tháng_9 tháng_chín
=M10 octob* oktob* octub* ottob* outub* paździer* октябр* ekim* říj* أكتوبر अक्टूबर tháng_10 tháng_mười
=M11 novemb* noviemb* listopad* ноябр* kasım* نوفمبر नवंबर tháng_11 tháng_mười_một
=M12 decemb* dezemb* diciemb* dicemb* desemb* grud* декабр* aralık* prosin* ديسمبر दिसंबर tháng_12 tháng_mười_hai tháng_chạp
=a1 jan ene янв =a2 feb fév fev фев şub =a3 mrz mrt мар =a4 apr avr abr апр nis =a5 mai mei mayo maja мая мае май maj maju =a6 jun =a7 jul
juil
=a8 aug авг agu ağu =a9 sep sept сен eyl =a10 oct okt paź окт =a11 nov ноя kas =a12 dec déc dez des dic дек
=s3 march mar mars mart marts =s5 may =t1 gen =t5 mag =t6 giu =t7 lug =t9 set =t10 out ott =g8 ago
=R0 today heute aujourd_hui hoy oggi hoje vandaag dziś dzisiaj сегодня bugün idag i_dag dnes اليوم आज hôm_nay hari_ini 今日 きょう 今朝
今天 今早 今晚 오늘 this_morning this_afternoon this_evening tonight esta_mañana stamattina vanmorgen bu_sabah ce_matin
=R-1 yesterday gestern ayer ieri ontem gisteren wczoraj вчера dün igår i_går včera أمس امبارح कल hôm_qua kemarin 昨日 きのう 昨夜 昨天
昨晚 어제 last_night anoche
=R-2 day_before_yesterday vorgestern avant_hier anteayer antier antes_de_ayer altro_ieri avantieri anteontem antes_de_ontem eergisteren
przedwczoraj позавчера evvelsi_gün önceki_gün förrgår i_förrgår předevčírem أول_أمس أول_من_أمس परसों hôm_kia kemarin_lusa kemarin_dulu
一昨日 おととい 前天 그저께 그제
=R-3 大前天 =h-1 hier
=W0 monday montag lundi lunes lunedì segunda_feira maandag poniedziałek понедельник pazartesi måndag* pondělí الاثنين सोमवार senin 月曜
월요일 thứ_hai
=W1 tuesday dienstag mardi martes martedì terça_feira dinsdag wtorek вторник salı_günü tisdag* úterý الثلاثاء मंगलवार selasa 火曜 화요일
thứ_ba
=W2 wednesday mittwoch mercredi miércoles mercoledì quarta_feira woensdag środa środę среда среду çarşamba onsdag* středa středu الأربعاء
बुधवार rabu 水曜 수요일 thứ_tư
=W3 thursday donnerstag jeudi jueves giovedì quinta_feira donderdag czwartek четверг perşembe torsdag* čtvrtek الخميس गुरुवार kamis 木曜
목요일 thứ_năm
=W4 friday freitag vendredi viernes venerdì sexta_feira vrijdag piątek пятница пятницу cuma_günü fredag* pátek الجمعة शुक्रवार jumat 金曜
금요일 thứ_sáu
=W5 saturday samstag sonnabend samedi sábado sabato zaterdag sobota sobotę суббота субботу cumartesi lördag* sobotu السبت शनिवार sabtu
土曜 토요일 thứ_bảy
=W6 sunday sonntag dimanche domingo domenica zondag niedziela niedzielę воскресенье pazar_günü söndag* neděle neděli الأحد रविवार
hari_minggu 日曜 일요일 chủ_nhật
=w0 mon segunda =w1 tue tues terça =w2 wed quarta =w3 thu thur thurs quinta =w4 fri sexta cuma =w5 sat =w6 sun pazar
=V1007 先週 지난주 =V2007 先々週 지지난주 vorletzte_woche =V1030 上个月 上個月 先月 上月 지난달 =V1365 去年 昨年 작년 =V7 今週 이번주 =V30
今月
=V365 今年 올해
=U1 day* tag tage tagen jour* día* giorn* dia* dag dagen dagar dni dzień день дня дней gün den dny dnů يوم أيام दिन ngày hari 日 天 号 號
일
=U7 week* woche* semain* seman* settiman* weken tydz* tygod* недел* hafta veck* týd* أسبوع الأسبوع أسابيع हफ्ते हफ्ता सप्ताह tuần minggu
pekan 週間 週 周 星期 礼拜 주 주일
=U30 month* monat* mois mes mese mesi meses mês maand* miesiąc* miesięcy месяц* ay månad* měsíc* شهر الشهر أشهر महीने महीना tháng bulan
ヶ月 か月 カ月 个月 個月 달 개월
=U365 年 년 year* jahr* an ans ann* año* ano anos jaar rok lata lat год* лет yıl år året سنة السنة سنوات साल năm tahun
=T1001 하루 =T2001 يومين 이틀 =T3001 사흘 =T4001 나흘 =T1007 seminggu =T2007 أسبوعين =T1030 sebulan =T2030 شهرين
=f4 few a_few several paar ein_paar einigen quelques unos unas algunos qualche alguns een_paar enkele kilka несколько birkaç några pár
několika कुछ beberapa vài 数 几 몇
=B0 vor hace il_y_a há faz för před منذ قبل
=G0 fa atrás geleden temu назад önce evvel sedan पहले yang_lalu 前 以前 之前 전
=L1 last past previous letzt* vergangen* vorige* dernier* dernière* passé* pasad* últim* ultim* scors* passat* passad* afgelopen zeszł*
ubiegł* ostatni* прошл* geçen förra minul* الماضي الماضية पिछले पिछली trước lalu 去 上 上个 上個 지난
=H0 this diese* cette ce est* quest* questo deze dit tym этой этом эту этот bu denna detta den_här tento هذا هذه इस này ini 这 这个 本
이번
=X0 next every each nächst* kommend* jede* prochain* chaque próxim* prossim* cada todos todas ogni volgende elke następn* przyszł* każd*
следующ* кажд* gelecek her näst* varje příšt* každ* القادم القادمة كل अगले अगली हर sau tới mỗi depan setiap 下 下个 来週 来月 来年 每 毎
다음 매주
=D0 on am vom zum den der dem au el al il dal op dnia dne tarihinde ngày tanggal no dia em na del
=P0 in im en em nel w v во в fi في pe bulan
=S0 since until till from by after before during between around seit bis ab nach depuis jusqu avant après entre desde hasta antes después
durante fino prima dopo sinds tot vanaf od do с до после от från till innan efter منذ حتى بعد से तक từ đến sejak sampai dari early late
mid
=e0 of de di d des do da le la the l van du r г року roku ayının ki ke की का के го лa の
=I0 i you we he she it they who which that ich wir
=K0 月 월
"""

NUMBER_WORDS = """
=n1 one a an ein eine einer einem einen un une uno una um uma een jedn* один одна одну bir en ett jeden واحد एक một satu 한
=n2 two zwei deux dos due dois duas twee dwa dwie два две iki två dva dvě dvěma दो hai dua 兩 两 두 이 couple couple_of
=n3 three drei trois tres tre três drie trzy три üç tři třemi ثلاثة ثلاث तीन ba tiga 세 삼
=n4 four vier quatre cuatro quattro quatro cztery четыре dört fyra čtyři čtyřmi أربعة أربع चार bốn empat 네 사
=n5 five fünf cinq cinco cinque vijf pięć пять beş fem pět* خمسة خمس पांच पाँच năm lima 다섯 오
=n6 six sechs seis sei zes sześć шесть altı sex šest* ستة ست छह छः sáu enam 여섯 육
=n7 seven sieben sept siete sette sete zeven siedem семь yedi sju sedm* سبعة سبع सात bảy tujuh 일곱 칠
=n8 eight acht huit ocho otto oito osiem восемь sekiz åtta osm* ثمانية ثماني आठ tám delapan 여덟 팔
=n9 nine neun neuf nueve nove negen dziewięć девять dokuz nio devět devít* تسعة تسع नौ chín sembilan 아홉 구
=n10 ten zehn dix diez dieci dez tien dziesięć десять on tio deset* عشرة عشر दस mười sepuluh 열 십
=n11 eleven elf onze once undici jedenaście одиннадцать on_bir elva jedenáct ग्यारह mười_một sebelas
=n12 twelve zwölf douze doce dodici doze twaalf dwanaście двенадцать on_iki tolv dvanáct बारह mười_hai dua_belas
"""
