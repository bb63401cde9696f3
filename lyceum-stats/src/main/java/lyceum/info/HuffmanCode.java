package lyceum.info;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Comparator;
import java.util.PriorityQueue;

/**
 * The shortest code that gives each symbol its own bits: entropy as a length (Huffman 1952).
 *
 * <p>Its mean length lies in [H, H + 1) bits, and equals the entropy H where all probabilities are powers of one half. A symbol of weight 0 gets
 * no code, and a single symbol the empty one.
 */
public final class HuffmanCode {
    /** A node of the code tree: a leaf has a symbol, an inner node (symbol -1) two children, left for bit 0. */
    public record Node(double weight, int symbol, Node left, Node right) {
        public boolean isLeaf() { return symbol >= 0; }
    }

    private final double[] probabilities;
    private final String[] codes;
    private final Node root;

    private HuffmanCode(double[] probabilities, Node root) {
        this.probabilities = probabilities;
        this.root = root;
        codes = new String[probabilities.length];
        // An explicit stack: the tree of a skewed distribution is as deep as it has symbols
        record Place(Node node, String path) {}
        var stack = new ArrayDeque<Place>();
        stack.push(new Place(root, ""));
        while (!stack.isEmpty()) {
            var place = stack.pop();
            if (place.node.isLeaf()) {
                codes[place.node.symbol] = place.path;
                continue;
            }
            stack.push(new Place(place.node.right, place.path + "1"));
            stack.push(new Place(place.node.left, place.path + "0"));
        }
    }

    /** The code for symbols 0, 1, ... with these weights; ties are broken by age, so that the code is the same everywhere. */
    public static HuffmanCode of(double... weights) {
        double sum = Entropy.Weights.sum("HuffmanCode", weights);
        record Entry(Node node, int age) {}
        var queue = new PriorityQueue<Entry>(Comparator.comparingDouble((Entry e) -> e.node.weight).thenComparingInt(Entry::age));
        var probabilities = new double[weights.length];
        int age = 0;
        for (int i = 0; i < weights.length; i++) {
            probabilities[i] = weights[i] / sum;
            if (weights[i] > 0) queue.add(new Entry(new Node(probabilities[i], i, null, null), age++));
        }
        while (queue.size() > 1) {
            var a = queue.poll().node;
            var b = queue.poll().node;
            queue.add(new Entry(new Node(a.weight + b.weight, -1, a, b), age++));
        }
        return new HuffmanCode(probabilities, queue.poll().node);
    }

    public Node root() { return root; }

    /** The bits of a symbol as text. @throws IllegalArgumentException if it has none */
    public String code(int symbol) {
        if (symbol < 0 || symbol >= codes.length)
            throw new IllegalArgumentException("HuffmanCode: symbol " + symbol + " is not one of the " + codes.length);
        if (codes[symbol] == null)
            throw new IllegalArgumentException("HuffmanCode: symbol " + symbol + " has probability 0 and so no code");
        return codes[symbol];
    }

    /** Bits of each symbol; 0 for one without a code. */
    public int[] lengths() {
        var lengths = new int[codes.length];
        for (int i = 0; i < lengths.length; i++) lengths[i] = codes[i] == null ? 0 : codes[i].length();
        return lengths;
    }

    /** Expected bits a symbol. */
    public double meanLength() {
        double sum = 0;
        for (int i = 0; i < codes.length; i++) if (codes[i] != null) sum += probabilities[i] * codes[i].length();
        return sum;
    }

    /** The message as bits, one after the other. */
    public boolean[] encode(int... symbols) {
        int bits = 0;
        for (int s : symbols) bits += code(s).length();
        var encoded = new boolean[bits];
        int at = 0;
        for (int s : symbols) {
            String code = code(s);
            for (int i = 0; i < code.length(); i++) encoded[at++] = code.charAt(i) == '1';
        }
        return encoded;
    }

    /** The first {@code count} symbols of the message. @throws IllegalArgumentException if the bits end within a symbol */
    public int[] decode(boolean[] bits, int count) {
        var symbols = new int[count];
        int at = 0;
        for (int i = 0; i < count; i++) {
            var node = root;
            while (!node.isLeaf()) {
                if (at == bits.length)
                    throw new IllegalArgumentException("HuffmanCode: the " + bits.length + " bits end within symbol " + i + " of " + count);
                node = bits[at++] ? node.right : node.left;
            }
            symbols[i] = node.symbol;
        }
        return symbols;
    }

    @Override public String toString() { return "HuffmanCode" + Arrays.toString(codes); }
}
