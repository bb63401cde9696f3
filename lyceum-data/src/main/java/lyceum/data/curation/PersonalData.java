package lyceum.data.curation;

import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import lyceum.data.corpus.Document;

/**
 * Replaces mail addresses, IP addresses, telephone numbers and card numbers by marks such as {@code <EMAIL>}. A number is a card's only if Luhn's sum
 * (ISO/IEC 7812-1) is right; others of that length are left alone. By pattern: a name or an address in words stays.
 *
 * @param kinds what is replaced, all four by default
 */
public record PersonalData(Set<Kind> kinds) implements Stage {

    /** What is looked for. */
    public enum Kind {
        EMAIL("(?=[A-Za-z0-9_%+])(?<![\\w.%+-])[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\\.){1,8}[A-Za-z]{2,24}(?![\\w-])"),
        CARD("(?=[2-6])(?<!\\d|\\d[ -]|\\+)\\d(?:[ -]?\\d){12,18}+(?![ -]?\\d)"),
        PHONE("\\+(?<![\\w+].)\\d{1,3}[ ./-]?(?:\\(\\d{1,4}\\)[ ./-]?)?\\d{1,4}(?:[ ./-]?\\d{2,4}){1,4}(?!\\d)"
                + "|(?=[\\d(])(?<![\\w-]|\\d[ .])(?:\\(\\d{3}\\) ?|\\d{3}[-. ])\\d{3}[-. ]\\d{4}(?![\\d-]|[ .]\\d)"),
        IP("(?=\\d)(?<![\\w.])(?:(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)\\.){3}(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)(?!\\w|\\.\\d)"
                + "|(?=[0-9A-Fa-f]{1,4}:)(?<![\\w:])(?:(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}|(?:[0-9A-Fa-f]{1,4}:){1,6}(?::[0-9A-Fa-f]{1,4}){1,6})(?![\\w:])");

        private final Pattern pattern;

        Kind(String pattern) { this.pattern = Pattern.compile(pattern); }

        /** Whether a text of so many digits may hold one: most texts hold none, and are not searched. */
        private boolean mayStandIn(String text, int digits) {
            return switch (this) {
                case EMAIL -> text.indexOf('@') >= 0;
                case CARD -> digits >= 13;
                case PHONE -> digits >= 8;
                case IP -> digits >= 1 && (digits >= 4 || text.indexOf(':') >= 0);
            };
        }

        private boolean isOne(String found) {
            return switch (this) {
                case CARD -> luhn(found);
                case PHONE -> {
                    long digits = found.chars().filter(Character::isDigit).count();
                    yield digits >= 8 && digits <= 15;
                }
                case EMAIL, IP -> found.chars().anyMatch(c -> c == '@') || found.chars().anyMatch(Character::isDigit);
            };
        }
    }

    /** The text afterwards, and how many of each kind were replaced. */
    public record Redaction(String text, Map<Kind, Integer> counts) {}

    /** All kinds. */
    public PersonalData() { this(EnumSet.allOf(Kind.class)); }

    public PersonalData { kinds = kinds.isEmpty() ? Set.of() : EnumSet.copyOf(kinds); }

    @Override public String name() { return "personal data"; }

    @Override public Judgement judge(Document document) { return Judgement.keep(document.withText(redact(document.text()).text)); }

    /** Replaces what is found. Doing so twice changes nothing more. */
    public Redaction redact(String text) {
        var counts = new EnumMap<Kind, Integer>(Kind.class);
        int digits = 0;
        for (int i = 0; i < text.length(); i++) if (text.charAt(i) >= '0' && text.charAt(i) <= '9') digits++;
        for (var kind : Kind.values()) {
            if (!kinds.contains(kind) || !kind.mayStandIn(text, digits)) continue;
            var matcher = kind.pattern.matcher(text);
            if (!matcher.find()) continue;
            var out = new StringBuilder();
            do {
                if (!kind.isOne(matcher.group())) continue;
                matcher.appendReplacement(out, Matcher.quoteReplacement("<" + kind + ">"));
                counts.merge(kind, 1, Integer::sum);
            } while (matcher.find());
            text = matcher.appendTail(out).toString();
        }
        return new Redaction(text, counts);
    }

    /** Luhn's check: from the right, every second digit doubled, nine taken off where that is above nine; the sum is divisible by ten. */
    public static boolean luhn(String number) {
        int sum = 0, digits = 0;
        for (int i = number.length() - 1; i >= 0; i--) {
            int digit = number.charAt(i) - '0';
            if (digit < 0 || digit > 9) continue;
            if (digits++ % 2 == 1) digit = digit > 4 ? 2 * digit - 9 : 2 * digit;
            sum += digit;
        }
        return digits > 0 && sum % 10 == 0;
    }
}
