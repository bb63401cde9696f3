package lyceum.models.sequence;

import java.util.List;

/** Bubble sort of digits by calls that end in themselves: sensors see the digits under a pointer and right of it (10 where none is), whether the pointer is at the start, and whether all rounds are done. */
public record SortingLanguage() implements ProgramLanguage {
    public static final int BUBBLESORT = 0, BUBBLE = 1, COMPSWAP = 2, RESET = 3, SWAP = 4, MOVE = 5, NEXT = 6;
    private static final int BLANK = 10, LEFT = 0, RIGHT = 1;

    /** The digits. */
    public static final class Row implements World {
        private final int[] digits;
        private int pointer, rounds;

        private Row(int[] digits) { this.digits = digits.clone(); }

        private int at(int i) { return i < 0 || i >= digits.length ? BLANK : digits[i]; }

        @Override public int[] observe() {
            return new int[] {at(pointer), at(pointer + 1), pointer == 0 ? 1 : 0, rounds >= digits.length - 1 ? 1 : 0};
        }

        @Override public void act(int primitive, int... a) {
            if (primitive == MOVE) pointer += a[0] == LEFT ? -1 : 1;
            else if (primitive == NEXT) rounds++;
            else if (primitive == SWAP && pointer >= 0 && pointer + 1 < digits.length) {
                int kept = digits[pointer];
                digits[pointer] = digits[pointer + 1];
                digits[pointer + 1] = kept;
            }
        }

        /** As they stand. */
        public int[] digits() { return digits.clone(); }
    }

    public static Row world(int... digits) {
        for (int d : digits) if (d < 0 || d > 9) throw new IllegalArgumentException("SortingLanguage: " + d + " is not a digit");
        return new Row(digits);
    }

    @Override public List<String> programs() { return List.of("BUBBLESORT", "BUBBLE", "COMPSWAP", "RESET", "SWAP", "MOVE", "NEXT"); }

    @Override public boolean isPrimitive(int program) { return program >= SWAP; }

    @Override public int[] sensors() { return new int[] {11, 11, 2, 2}; }

    /** A direction. */
    @Override public int[] arguments() { return new int[] {2}; }

    private static Decision call(int program) { return new Decision(program, 0); }

    @Override public Decision reference(int program, int[] arguments, int step, int[] seen) {
        return switch (program) {
            case BUBBLESORT -> switch (step) {
                case 0 -> seen[3] == 1 ? Decision.END : call(BUBBLE);
                case 1 -> call(RESET);
                case 2 -> call(NEXT);
                case 3 -> call(BUBBLESORT);
                default -> Decision.END;
            };
            case BUBBLE -> switch (step) {
                case 0 -> seen[1] == BLANK ? Decision.END : call(COMPSWAP);
                case 1 -> new Decision(MOVE, RIGHT);
                case 2 -> call(BUBBLE);
                default -> Decision.END;
            };
            case COMPSWAP -> step == 0 && seen[0] > seen[1] ? call(SWAP) : Decision.END;
            case RESET -> step == 0 ? seen[2] == 1 ? Decision.END : new Decision(MOVE, LEFT) : step == 1 ? call(RESET) : Decision.END;
            default -> throw new IllegalArgumentException("SortingLanguage: program " + program + " has no steps");
        };
    }
}
