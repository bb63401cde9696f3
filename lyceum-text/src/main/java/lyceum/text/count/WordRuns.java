package lyceum.text.count;

/** Longest runs of letters, digits and underscores. */
final class WordRuns {
    /** A stretch of a text. */
    @FunctionalInterface
    interface Run {
        void take(int from, int to);
    }

    private static final boolean[] ASCII = new boolean[128];

    static {
        for (int c = 0; c < ASCII.length; c++) ASCII[c] = c == '_' || Character.isLetterOrDigit(c);
    }

    private WordRuns() {}

    /** Those of so many characters or more, in order. */
    static void find(String text, int least, Run out) {
        int n = text.length(), from = -1, length = 0;
        for (int i = 0; i < n; i++) {
            int start = i;
            char c = text.charAt(i);
            boolean inside = c < ASCII.length ? ASCII[c] : isWord(text.codePointAt(i));
            if (Character.isHighSurrogate(c) && i + 1 < n && Character.isLowSurrogate(text.charAt(i + 1))) i++;
            if (inside) {
                if (from < 0) from = start;
                length++;
            } else if (from >= 0) {
                if (length >= least) out.take(from, start);
                from = -1;
                length = 0;
            }
        }
        if (length >= least) out.take(from, n);
    }

    private static boolean isWord(int c) {
        int type = Character.getType(c);
        return Character.isLetterOrDigit(c) || type == Character.OTHER_NUMBER || type == Character.LETTER_NUMBER;
    }
}
