package lyceum.models.sequence;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.List;

/**
 * Addition as one does it on paper: rows for both numbers, the carries and the result, a pointer in each; sensors see the digits under the first three pointers (10
 * where none is), and nothing else.
 *
 * @param recursive whether {@code ADD} calls itself for the next column (Cai et al. 2017), or goes round in a loop (Reed and de Freitas 2016)
 */
public record AdditionLanguage(boolean recursive) implements ProgramLanguage {
    public static final int ADD = 0, ADD1 = 1, CARRY = 2, LSHIFT = 3, WRITE = 4, PTR = 5;
    private static final int CARRIES = 2, OUT = 3, BLANK = 10, LEFT = 0, RIGHT = 1;

    /** The scratch pad. */
    public static final class Pad implements World {
        private final int[][] rows;
        private final int[] pointers = new int[4];

        private Pad(String a, String b) {
            rows = new int[4][Math.max(a.length(), b.length()) + 2];
            for (var row : rows) Arrays.fill(row, BLANK);
            for (int i = 0; i < a.length(); i++) rows[0][i] = a.charAt(a.length() - 1 - i) - '0';
            for (int i = 0; i < b.length(); i++) rows[1][i] = b.charAt(b.length() - 1 - i) - '0';
        }

        private int at(int row) { return pointers[row] < 0 || pointers[row] >= rows[row].length ? BLANK : rows[row][pointers[row]]; }

        @Override public int[] observe() { return new int[] {at(0), at(1), at(CARRIES)}; }

        @Override public void act(int primitive, int... a) {
            if (primitive == PTR) pointers[a[0]] += a[2] == LEFT ? 1 : -1;
            else if (primitive == WRITE && pointers[a[0]] >= 0 && pointers[a[0]] < rows[a[0]].length) rows[a[0]][pointers[a[0]]] = a[1];
        }

        /** What stands in the row of the result. */
        public BigInteger sum() {
            var digits = new StringBuilder();
            for (int i = rows[OUT].length - 1; i >= 0; i--) if (rows[OUT][i] != BLANK) digits.append(rows[OUT][i]);
            return digits.isEmpty() ? BigInteger.ZERO : new BigInteger(digits.toString());
        }
    }

    /** Two numbers, not negative, on a fresh pad. */
    public static Pad world(BigInteger a, BigInteger b) {
        if (a.signum() < 0 || b.signum() < 0)
            throw new IllegalArgumentException("AdditionLanguage: " + a + " + " + b + "; neither is negative");
        return new Pad(a.toString(), b.toString());
    }

    /** Two numbers, not negative, on a fresh pad. */
    public static Pad world(long a, long b) { return world(BigInteger.valueOf(a), BigInteger.valueOf(b)); }

    @Override public List<String> programs() { return List.of("ADD", "ADD1", "CARRY", "LSHIFT", "WRITE", "PTR"); }

    @Override public boolean isPrimitive(int program) { return program >= WRITE; }

    @Override public int[] sensors() { return new int[] {11, 11, 11}; }

    /** A row, a digit, a direction. */
    @Override public int[] arguments() { return new int[] {4, 10, 2}; }

    private static Decision call(int program) { return new Decision(program, 0, 0, 0); }

    @Override public Decision reference(int program, int[] arguments, int step, int[] seen) {
        boolean nothing = seen[0] == BLANK && seen[1] == BLANK && seen[2] == BLANK;
        int sum = seen[0] % 10 + seen[1] % 10 + seen[2] % 10;
        return switch (program) {
            case ADD -> {
                int turn = recursive ? step : step % 2;
                yield turn == 0 ? nothing ? Decision.END : call(ADD1) : turn == 1 ? call(LSHIFT) : turn == 2 ? call(ADD) : Decision.END;
            }
            case ADD1 -> step == 0 ? new Decision(WRITE, OUT, sum % 10, 0) : step == 1 && sum >= 10 ? call(CARRY) : Decision.END;
            case CARRY -> switch (step) {
                case 0 -> new Decision(PTR, CARRIES, 0, LEFT);
                case 1 -> new Decision(WRITE, CARRIES, 1, 0);
                case 2 -> new Decision(PTR, CARRIES, 0, RIGHT);
                default -> Decision.END;
            };
            case LSHIFT -> step < 4 ? new Decision(PTR, step, 0, LEFT) : Decision.END;
            default -> throw new IllegalArgumentException("AdditionLanguage: program " + program + " has no steps");
        };
    }
}
