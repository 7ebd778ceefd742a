"""Common words, letters and endings by language: data for `languages`.

Words of 1.0 are seldom or never English. Words of 0.5 exist in English too, or in several of the languages, and only
help a case that stands already.
"""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


WORDS: dict[str, tuple[tuple[float, str], ...]] = {
    "de": (
        (
            1.0,
            """ich mich mir mein meine meinen meinem meiner du dich ihr euch wir uns sie ihnen ihre ihren der
            das dem ein eine einen einem einer kein keine keinen nicht nichts ist sind habe hab haben hatte
            wird werden wurde kann kannst könnt können konnte möchte muss soll sollte wo wann wie warum
            wieso weshalb welche welcher und oder aber auch noch schon mehr sehr bitte danke für mit nach
            von vom zu zum zur bei aus auf über seit wegen wenn weil dass leider immer wieder heute gestern
            morgen endlich hallo guten frage hilfe bestellung lieferung rechnung paket geld zurück passwort
            vergessen konto artikel ware falsche falsches kaputt beschädigt geht funktioniert verbindet
            stornieren umtauschen versand kosten gekauft bekommen angekommen sprechen deutsch helfen mensch ahnung
            alles klar jemand genau stimmt bleibt fehlt fehlen lampe brauche will weiß verstehe""",
        ),
        (0.5, "die den des es er so was im am an in um da bin hat man war also ja nein"),
    ),
    "es": (
        (
            1.0,
            """yo mis tu usted ustedes nosotros el los las un una unos unas que qué cómo como cuándo cuando
            dónde donde cuánto cuanto cuál por porque para pero muy más también está están estoy es son
            tengo tiene tienen hay puedo puede pueden quiero quisiera necesito he ha han hace hacer fue ser
            nada todavía aún sin con del al este esta esto mi me se le les nos gracias hola buenos buenas
            días tardes ayuda ayudar pedido envío envio entrega devolver devolución dinero tarjeta factura
            paquete contraseña olvidado cuenta lámpara bombilla enchufe llegado llegó conecta cancelar
            hablar persona ayer hoy pregunta español ya funciona entiendo roto rota alguien ahí ahi perdido vuelta
            falta ninguna ninguno""",
        ),
        (0.5, "la lo de en y a o si no te su sus me mi"),
    ),
    "fr": (
        (
            1.0,
            """je j tu vous nous il elle ils elles le les un une du des au aux mon ma mes votre vos notre nos
            ce cette ces est sont suis êtes ai avez avons ont été était peut peux pouvez veux voudrais
            souhaite dois faire fait ne pas plus rien jamais toujours encore où quand comment pourquoi
            combien quel quelle qui que quoi et ou mais avec sans dans sur pour par chez très bien merci
            bonjour bonsoir salut svp plaît aider aide commande livraison colis facture remboursement
            remboursé retourner annuler mot passe oublié adresse compte lampe ampoule prise reçu arrivé
            cassé payer carte parler conseiller question français connecte marche depuis temps toute seule secours
            quelqu perdu perdue besoin comprends""",
        ),
        (0.5, "la de l d s c n qu m t a on en y ma des me plus pour question client"),
    ),
    "it": (
        (
            1.0,
            """io mio mia miei mie tuo vostro il lo gli un uno una del della dei delle dello dal dalla nel
            nella sul sulla al alla che chi come quando quanto dove dov perché cosa quale sono è ho hai ha
            abbiamo avete hanno era posso può potete possono voglio vorrei devo fare fatto non niente nulla
            ancora già sempre più molto anche ma con senza per da di mi si ci vi se grazie ciao buongiorno
            buonasera salve aiuto aiutare aiutarmi ordine pacco consegna spedizione fattura rimborso
            rimborsate restituire annullare dimenticato indirizzo conto lampada lampadina presa arrivato
            rotto ricevuto pagare carta parlare persona domanda favore italiano parlate collega funziona
            spegne""",
        ),
        (0.5, "la le i l e o a in no se me come per sale"),
    ),
    "pt": (
        (
            1.0,
            """eu meu minha meus minhas seu sua você vocês nós o os um uma uns umas do da dos das no na nos nas
            ao à pelo pela que quem como quando quanto onde porque qual é são está estão estou sou tenho tem
            têm foi ser fazer posso pode podem quero queria gostaria preciso não nada ainda já sempre mais
            muito também mas com sem por para em de me se obrigado obrigada olá oi bom boa dia tarde ajuda
            ajudar encomenda pedido entrega envio fatura reembolso devolver dinheiro cartão pacote palavra
            passe senha esqueci conta lâmpada candeeiro tomada chegou partido quebrado recebi receber pagar
            falar pessoa pergunta português fala liga funciona volta cancelar""",
        ),
        (0.5, "a e as o do no so me mas"),
    ),
    "nl": (
        (
            1.0,
            """ik mij mijn jij jou jouw jullie wij ons onze hij zij haar het een de der dat dit deze die niet
            niets geen nog ook maar en of is zijn was waren heb hebt heeft hebben had wordt worden kan kun
            kunt kunnen kon wil wilt willen zou moet moeten mag waar wanneer hoe waarom welke wie wat met
            zonder voor naar van op bij uit over sinds omdat als graag alstublieft alsjeblieft dank bedankt
            hallo goedemorgen goedemiddag goedendag vraag hulp helpen bestelling levering leveren pakket
            factuur geld terug terugsturen wachtwoord vergeten rekening lamp stekker verbinding kapot
            ontvangen aangekomen betalen praten mens annuleren adres spreek nederlands duurt lang gaat doet""",
        ),
        (0.5, "ja nee me je u te om er in aan den"),
    ),
    "pl": (
        (
            1.0,
            """ja mnie mi mój moja moje mojego moją ty was wy nas jest są być był była było mam masz ma mamy
            macie nie nic tak czy co kto gdzie kiedy jak ile dlaczego który która jeszcze już nadal ciągle
            bardzo też ale lub oraz z ze w we na do od po za dla przez się proszę dziękuję dzień dobry cześć
            witam pomoc pomóc pytanie zamówienie zamówienia dostawa dostawy paczka przesyłka faktura fakturę
            zwrot zwrócić pieniądze pieniędzy hasło hasła zapomniałem zapomniałam konto adres lampa lampę
            lampka żarówka gniazdko uszkodzona dotarła dostałem dostałam dostanę zapłacić kartą rozmawiać
            człowiekiem anulować zmienić chcę chciałbym chciałabym mogę możecie działa łączy polski polsku
            mówicie sama wyłącza""",
        ),
        (0.5, "i a o to my"),
    ),
    "tr": (
        (
            1.0,
            """ben bana benim beni sen siz bize bizim bu şu o bir ve veya ama için ile gibi kadar daha çok hiç
            hala hâlâ değil var yok ne nerede nasıl neden niçin zaman hangi kim mi mı mu mü lütfen merhaba
            selam teşekkür teşekkürler sipariş siparişim siparişimi paket kargo teslimat fatura faturam iade
            iptal para param şifre şifremi unuttum hesap adres adresini lamba lambayı ampul priz prizim kart
            kartla insan insanla yardım soru sorum istiyorum isterim etmek eder edilecek misiniz musunuz
            miyim geldi gelmedi aldım almadım bozuk hasarlı numaralı hakkında türkçe kendi""",
        ),
        (0.5, "bir son on at"),
    ),
}

ALONE = {
    "hilfe": "de", "ayuda": "es", "socorro": "es", "aiuto": "it", "ajuda": "pt", "hulp": "nl", "pomoc": "pl",
    "yardım": "tr",
}  # fmt: skip
"""Calls for help that say by themselves which language somebody needs it in."""

NAMES = {
    "arabic": "ar", "german": "de", "deutsch": "de", "spanish": "es", "español": "es", "espanol": "es",
    "french": "fr", "français": "fr", "francais": "fr", "italian": "it", "italiano": "it", "japanese": "ja",
    "dutch": "nl", "nederlands": "nl", "polish": "pl", "polski": "pl", "portuguese": "pt", "russian": "ru",
    "turkish": "tr", "chinese": "zh",
}  # fmt: skip
"""What the languages are called by those who ask to be spoken to in one."""
NAMES_OF_OTHERS = _words(
    """greek hebrew korean thai hindi bengali tamil swedish danish norwegian finnish czech hungarian romanian ukrainian
    urdu persian"""
)
"""Languages that we have no words in."""

LETTERS: dict[str, dict[str, float]] = {
    "ß": {"de": 2.0}, "ä": {"de": 0.6}, "ö": {"de": 0.5, "tr": 0.5}, "ü": {"de": 0.5, "tr": 0.5},
    "ñ": {"es": 1.5}, "¿": {"es": 2.0}, "¡": {"es": 2.0}, "í": {"es": 0.5, "pt": 0.3}, "ó": {"es": 0.5, "pl": 0.5},
    "á": {"es": 0.5, "pt": 0.5}, "ú": {"es": 0.4}, "ê": {"fr": 0.6, "pt": 0.6}, "œ": {"fr": 1.0}, "û": {"fr": 0.8},
    "î": {"fr": 0.7}, "ù": {"fr": 0.5, "it": 0.5}, "è": {"it": 0.6, "fr": 0.5}, "ò": {"it": 1.0},
    "à": {"fr": 0.4, "it": 0.4},
    "ã": {"pt": 1.5}, "õ": {"pt": 1.5}, "ç": {"pt": 0.5, "fr": 0.5, "tr": 0.5}, "â": {"pt": 0.4, "fr": 0.4},
    "ł": {"pl": 2.0}, "ą": {"pl": 1.5}, "ę": {"pl": 1.5}, "ż": {"pl": 1.5}, "ź": {"pl": 1.5}, "ć": {"pl": 1.0},
    "ś": {"pl": 1.0}, "ń": {"pl": 1.0}, "ğ": {"tr": 2.0}, "ı": {"tr": 1.5}, "ş": {"tr": 1.5},
}  # fmt: skip

ENDINGS: dict[str, dict[str, float]] = {
    "ung": {"de": 0.5}, "heit": {"de": 0.5}, "ción": {"es": 1.0}, "ando": {"es": 0.4, "it": 0.4, "pt": 0.4},
    "amos": {"es": 0.5, "pt": 0.5}, "ez": {"fr": 0.4}, "zione": {"it": 1.0}, "ção": {"pt": 1.0}, "ções": {"pt": 1.0},
    "iamo": {"it": 0.6}, "lijk": {"nl": 0.8}, "heid": {"nl": 0.8}, "owa": {"pl": 0.6}, "ować": {"pl": 1.0},
    "łem": {"pl": 1.0}, "łam": {"pl": 1.0}, "iyor": {"tr": 1.5}, "ıyor": {"tr": 1.5}, "uyor": {"tr": 1.0},
    "üyor": {"tr": 1.0}, "yorum": {"tr": 1.5}, "ları": {"tr": 1.0}, "leri": {"tr": 0.5}, "mek": {"tr": 0.5},
    "mak": {"tr": 0.5}, "cek": {"tr": 0.5}, "cak": {"tr": 0.5}, "ebilir": {"tr": 1.0}, "abilir": {"tr": 1.0},
}  # fmt: skip

ENGLISH = _words(
    """a about account after again all also am an and any anyone are arrive arrived as ask at back be because
    been before being bill bot but buy by call can cancel card change check chat come could customer damaged
    day days delivered delivery device did didn do does doesn don done email even ever everything for forgot
    from get give go going gone good got had has hasn have haven hello help here hey hi his how hub i if in
    instead invoice is isn it its just keep know lamp last late like link light long lost made make man me
    message missing money month more my name need never new no not nothing now number of off ok on one only
    open or order ordered other our out over package parcel pay payment person phone please plug problem
    product put question really receive received refund return right said same say see send sent service
    shipping should since so some someone something speak still stop support take talk tell than thank
    thanks that the their them then there these they thing this those time to today told tomorrow track try
    turn two until up us use very wait want was wasn way we week weeks were what when where which who why
    will with won work working works would wrong yes yesterday yet you your"""
)
