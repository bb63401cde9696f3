package lyceum.serve.constrain;

import static lyceum.serve.constrain.Expression.choice;
import static lyceum.serve.constrain.Expression.sequence;
import static lyceum.serve.constrain.Expression.text;

import java.util.ArrayList;
import java.util.List;

/** Integers between two bounds, by their digits. */
final class Integers {
    private Integers() {}

    static Expression between(long min, long max) {
        var options = new ArrayList<Expression>();
        if (min < 0) options.add(sequence(text("-"), natural(Math.max(1, -max), -min)));
        if (max >= 0) options.add(natural(Math.max(0, min), max));
        return choice(options.toArray(Expression[]::new));
    }

    private static Expression natural(long min, long max) {
        var options = new ArrayList<Expression>();
        for (int digits = Long.toString(min).length(), last = Long.toString(max).length(); digits <= last; digits++) {
            long least = digits == 1 ? 0 : power(digits - 1), most = power(digits) - 1;
            options.add(digits(Long.toString(Math.max(min, least)), Long.toString(Math.min(max, most))));
        }
        return choice(options.toArray(Expression[]::new));
    }

    private static long power(int n) { return n == 0 ? 1 : 10 * power(n - 1); }

    /** Of one length. */
    private static Expression digits(String min, String max) {
        if (min.isEmpty()) return Expression.EMPTY;
        if (min.matches("0+") && max.matches("9+")) return new Expression.Repeat(digit('0', '9'), min.length(), min.length());
        char low = min.charAt(0), high = max.charAt(0);
        int rest = min.length() - 1;
        String nines = "9".repeat(rest), zeros = "0".repeat(rest);
        if (low == high) return sequence(digit(low, low), digits(min.substring(1), max.substring(1)));
        var options = new ArrayList<Expression>(List.of(sequence(digit(low, low), digits(min.substring(1), nines))));
        if (high - low > 1)
            options.add(sequence(digit((char) (low + 1), (char) (high - 1)), new Expression.Repeat(digit('0', '9'), rest, rest)));
        options.add(sequence(digit(high, high), digits(zeros, max.substring(1))));
        return choice(options.toArray(Expression[]::new));
    }

    private static Expression digit(char from, char to) { return Expression.Chars.of(from, to); }
}
