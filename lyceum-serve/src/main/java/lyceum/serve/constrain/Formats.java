package lyceum.serve.constrain;

import java.util.Map;
import java.util.TreeMap;

/** Formats of strings that an automaton can promise. A 29th of February is never written, as whether it exists depends on the year. */
final class Formats {
    private static final String DATE = "[0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))",
            TIME = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])",
            BYTE = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])", LABEL = "[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?";

    static final Map<String, Expression> KNOWN = new TreeMap<>(Map.of("date", RegexReader.whole(DATE), "time", RegexReader.whole(TIME),
            "date-time", RegexReader.whole(DATE + "T" + TIME), "uuid", RegexReader.whole("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
            "ipv4", RegexReader.whole(BYTE + "(\\." + BYTE + "){3}"), "email",
            RegexReader.whole("[a-z0-9_]+(\\.[a-z0-9_]+)*@" + LABEL + "(\\." + LABEL + ")+")));

    private Formats() {}
}
