package lyceum.text.internal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.TreeSet;
import lyceum.FormatException;
import lyceum.text.internal.PatternNode.Choice;
import lyceum.text.internal.PatternNode.Look;
import lyceum.text.internal.PatternNode.One;
import lyceum.text.internal.PatternNode.Repeat;
import lyceum.text.internal.PatternNode.Sequence;

/**
 * A pattern as a nondeterministic automaton (Thompson 1968) over classes of characters. Instruction 0 is the start.
 *
 * <p>A look at the next character is a condition on the class that is read next ({@link #NEXT}). Other looks around are automata of their own, run over the
 * whole text beforehand; their answers are further bits of the symbol at each place ({@link #LOOK}).
 */
final class PatternProgram {
    static final int CHAR = 0, SPLIT = 1, NEXT = 2, LOOK = 3, MATCH = 4;
    private static final int MOST_INSTRUCTIONS = 20_000, MOST_LOOKS = 5, MOST_CLASSES = 200;

    final int[] kind, next, other;
    /** For CHAR and NEXT: which classes fit; the class {@link #end} is the text's end. */
    final boolean[][] fits;
    final int classes, end, symbols;
    final List<PatternProgram> looks = new ArrayList<>();
    final boolean[] looksAhead;
    private final byte[] ascii = new byte[128];
    private final byte[][] blocks;

    static PatternProgram of(String source) { return new PatternProgram(PatternParser.parse(source)); }

    private final List<int[]> code = new ArrayList<>();
    private final List<CodePointSet> sets = new ArrayList<>();
    private final List<PatternNode> lookBodies = new ArrayList<>();
    private final List<Boolean> ahead = new ArrayList<>();

    private PatternProgram(PatternNode root) {
        emit(root);
        add(MATCH, 0, 0);
        int n = code.size();
        kind = new int[n];
        next = new int[n];
        other = new int[n];
        for (int i = 0; i < n; i++) {
            kind[i] = code.get(i)[0];
            next[i] = code.get(i)[1];
            other[i] = code.get(i)[2];
        }
        var cuts = new TreeSet<Integer>(List.of(0));
        for (var set : sets) for (int border : set.borders()) if (border < CodePointSet.LIMIT) cuts.add(border);
        var signatures = new ArrayList<BitSet>();
        int[] starts = cuts.stream().mapToInt(Integer::intValue).toArray();
        var classOf = new int[starts.length];
        for (int i = 0; i < starts.length; i++) {
            var signature = new BitSet();
            for (int s = 0; s < sets.size(); s++) if (sets.get(s).contains(starts[i])) signature.set(s);
            classOf[i] = signatures.indexOf(signature);
            if (classOf[i] >= 0) continue;
            classOf[i] = signatures.size();
            signatures.add(signature);
            if (signatures.size() > MOST_CLASSES)
                throw new FormatException("pattern: it tells more than " + MOST_CLASSES + " kinds of characters apart");
        }
        classes = signatures.size();
        end = classes;
        symbols = (classes + 1) << lookBodies.size();
        fits = new boolean[n][];
        for (int i = 0; i < n; i++) {
            if (kind[i] != CHAR && kind[i] != NEXT) continue;
            boolean negative = kind[i] == NEXT && (other[i] & 1) == 1;
            int set = kind[i] == NEXT ? other[i] >> 1 : other[i];
            fits[i] = new boolean[classes + 1];
            for (int c = 0; c < classes; c++) fits[i][c] = signatures.get(c).get(set) != negative;
            fits[i][end] = negative;
        }
        blocks = blocks(starts, classOf);
        for (int c = 0; c < 128; c++) ascii[c] = blocks[0][c];
        looksAhead = new boolean[lookBodies.size()];
        for (int i = 0; i < looksAhead.length; i++) {
            looksAhead[i] = ahead.get(i);
            looks.add(new PatternProgram(lookBodies.get(i)));
        }
    }

    private static byte[][] blocks(int[] starts, int[] classOf) {
        var blocks = new byte[CodePointSet.LIMIT >> 8][];
        var uniform = new byte[256][];
        int range = 0;
        for (int block = 0; block < blocks.length; block++) {
            int from = block << 8;
            while (range + 1 < starts.length && starts[range + 1] <= from) range++;
            if (range + 1 == starts.length || starts[range + 1] >= from + 256) {
                int c = classOf[range];
                if (uniform[c] == null) Arrays.fill(uniform[c] = new byte[256], (byte) c);
                blocks[block] = uniform[c];
                continue;
            }
            blocks[block] = new byte[256];
            int r = range;
            for (int i = 0; i < 256; i++) {
                while (r + 1 < starts.length && starts[r + 1] <= from + i) r++;
                blocks[block][i] = (byte) classOf[r];
            }
        }
        return blocks;
    }

    /** The class of the character that begins here. */
    int classAt(byte[] b, int at) {
        int first = b[at];
        if (first >= 0) return ascii[first] & 0xFF;
        int c = Utf8.codePoint(b, at);
        return blocks[c >> 8][c & 0xFF] & 0xFF;
    }

    private int add(int kind, int next, int other) {
        if (code.size() >= MOST_INSTRUCTIONS)
            throw new FormatException("pattern: it is too large, more than " + MOST_INSTRUCTIONS + " steps");
        code.add(new int[] {kind, next, other});
        return code.size() - 1;
    }

    private int set(CodePointSet set) {
        int known = sets.indexOf(set);
        if (known >= 0) return known;
        sets.add(set);
        return sets.size() - 1;
    }

    /** Appends the code of a node; it goes on with what is appended next. */
    private void emit(PatternNode node) {
        switch (node) {
            case One one -> add(CHAR, code.size() + 1, set(one.set()));
            case Sequence sequence -> sequence.parts().forEach(this::emit);
            case Choice choice -> {
                var ends = new ArrayList<Integer>();
                for (int i = 0; i < choice.options().size(); i++) {
                    boolean last = i + 1 == choice.options().size();
                    int split = last ? -1 : add(SPLIT, code.size() + 1, 0);
                    emit(choice.options().get(i));
                    if (last) continue;
                    ends.add(add(SPLIT, 0, 0));
                    code.get(split)[2] = code.size();
                }
                for (int end : ends) code.get(end)[1] = code.get(end)[2] = code.size();
            }
            case Repeat repeat -> repeat(repeat);
            case Look look -> {
                if (look.ahead() && look.body() instanceof One one)
                    add(NEXT, code.size() + 1, set(one.set()) << 1 | (look.negative() ? 1 : 0));
                else {
                    int known = -1;
                    for (int i = 0; i < lookBodies.size(); i++)
                        if (lookBodies.get(i).equals(look.body()) && ahead.get(i) == look.ahead()) known = i;
                    if (known < 0) {
                        if (lookBodies.size() == MOST_LOOKS)
                            throw new FormatException("pattern: more than " + MOST_LOOKS + " looks around");
                        known = lookBodies.size();
                        lookBodies.add(look.body());
                        ahead.add(look.ahead());
                    }
                    add(LOOK, code.size() + 1, known << 1 | (look.negative() ? 1 : 0));
                }
            }
        }
    }

    private void repeat(Repeat repeat) {
        for (int i = 0; i < repeat.min(); i++) emit(repeat.body());
        if (repeat.max() < 0) {
            int split = add(SPLIT, 0, 0);
            emit(repeat.body());
            add(SPLIT, split, split);
            choose(split, split + 1, code.size(), repeat.greedy());
            return;
        }
        var splits = new ArrayList<Integer>();
        for (int i = repeat.min(); i < repeat.max(); i++) {
            splits.add(add(SPLIT, 0, 0));
            emit(repeat.body());
        }
        for (int split : splits) choose(split, split + 1, code.size(), repeat.greedy());
    }

    private void choose(int split, int body, int past, boolean greedy) {
        code.get(split)[1] = greedy ? body : past;
        code.get(split)[2] = greedy ? past : body;
    }

    int size() { return kind.length; }
}
