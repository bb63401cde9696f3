package lyceum.labs.catalogue;

import java.util.regex.Pattern;

/**
 * A clause that was changed from the specification: what holds instead, and why.
 *
 * @param clause its number, from 1
 * @param text   what holds instead
 * @param reason why
 */
public record Amendment(int clause, String text, String reason) {

    private static final Pattern LINE = Pattern.compile("(\\d{1,3}): (.*\\S) \\| (\\S.*)");

    /**
     * Reads {@code 3: what holds instead | why}.
     *
     * @throws IllegalArgumentException if it is something else
     */
    public static Amendment parse(String line) {
        var m = LINE.matcher(line);
        if (!m.matches()) {
            throw new IllegalArgumentException("amended: '" + line + "'; an amendment reads 'N: what holds instead | why'");
        }
        return new Amendment(Integer.parseInt(m.group(1)), m.group(2), m.group(3));
    }
}
