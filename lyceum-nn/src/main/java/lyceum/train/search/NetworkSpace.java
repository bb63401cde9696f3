package lyceum.train.search;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import lyceum.ShapeException;
import lyceum.nn.Layer;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * The networks among which a search chooses: a stem, a graph in which each edge is one of several candidates, and a head.
 *
 * {@snippet :
 * var relu = new NetworkSpace.Candidate("relu", r -> new Sequential(new Linear(16, 16, r), Activation.RELU));
 * var space = NetworkSpace.chain(r -> new Linear(64, 16, r), 3, List.of(relu, NetworkSpace.Candidate.identity()), r -> new Linear(16, 10, r));
 * space.size();                                        // 8
 * var network = space.build(Architecture.of(0, 1, 0), Rng.of(1));
 * }
 *
 * <p>Node 0 is the stem's output. A choice is an edge between two nodes; a node's value is the sum over the edges into it, as in the cells of DARTS, and the last
 * node goes into the head. All candidates of the edges into one node give one shape. A random stream belongs to each candidate of each choice, so that a
 * layer begins with the same weights in a network of its own and in a {@link SuperNet} of the same seed.
 *
 * @param stem builds what comes before node 0
 * @param choices in an order in which a node is read only when all edges into it have come
 * @param head builds what comes after the last node
 * @see <a href="https://arxiv.org/abs/1806.09055">Liu, Simonyan and Yang (2019), section 2.1</a>
 */
public record NetworkSpace(Builder stem, List<Choice> choices, Builder head) {

    /** Makes a layer with fresh weights. */
    @FunctionalInterface
    public interface Builder {
        Layer build(Rng rng);
    }

    /** An operation that an edge may have. */
    public record Candidate(String name, Builder builder) {
        public Candidate {
            Objects.requireNonNull(name, "name");
            Objects.requireNonNull(builder, "builder");
        }

        /** Passes its input on: a skip connection. */
        public static Candidate identity() { return new Candidate("skip", rng -> Layer.of(x -> x)); }

        /** Zeros: no connection. */
        public static Candidate zero() { return new Candidate("none", rng -> Layer.of(Tensor::zerosLike)); }
    }

    /** An edge from one node to a later one. */
    public record Choice(int from, int to, List<Candidate> candidates) {
        public Choice {
            candidates = List.copyOf(candidates);
            if (from < 0 || to <= from) throw new IllegalArgumentException(
                    "NetworkSpace: an edge from node " + from + " to " + to + "; it leads from 0 or later to a later one");
            if (candidates.isEmpty())
                throw new IllegalArgumentException("NetworkSpace: the edge from " + from + " to " + to + " has no candidate");
            var names = new HashSet<String>();
            for (var c : candidates)
                if (!names.add(c.name)) throw new IllegalArgumentException(
                        "NetworkSpace: two candidates of the edge from " + from + " to " + to + " are called " + c.name);
        }
    }

    public NetworkSpace {
        Objects.requireNonNull(stem, "stem");
        Objects.requireNonNull(head, "head");
        choices = List.copyOf(choices);
        if (choices.isEmpty()) throw new IllegalArgumentException("NetworkSpace: no choice; give at least one edge");
        var made = new HashSet<>(List.of(0));
        var read = new HashSet<Integer>();
        for (var choice : choices) {
            if (!made.contains(choice.from)) throw new IllegalArgumentException(
                    "NetworkSpace: node " + choice.from + " is read before an edge leads to it; order the choices, or add one");
            if (read.contains(choice.to)) throw new IllegalArgumentException(
                    "NetworkSpace: an edge leads to node " + choice.to + " after it was read; put it before");
            made.add(choice.to);
            read.add(choice.from);
        }
        made.removeAll(read);
        if (made.size() != 1) throw new IllegalArgumentException("NetworkSpace: nodes " + made + " are never read; only the last may be");
    }

    /** {@code depth} choices one after the other, among the same candidates. */
    public static NetworkSpace chain(Builder stem, int depth, List<Candidate> candidates, Builder head) {
        return new NetworkSpace(stem, IntStream.range(0, depth).mapToObj(i -> new Choice(i, i + 1, candidates)).toList(), head);
    }

    /** How many architectures there are. @throws ArithmeticException beyond a long */
    public long size() {
        long size = 1;
        for (var choice : choices) size = Math.multiplyExact(size, (long) choice.candidates.size());
        return size;
    }

    /** All of them, the last choice changing fastest. @throws IllegalArgumentException above a million */
    public List<Architecture> all() {
        if (size() > 1_000_000) throw new IllegalArgumentException("NetworkSpace.all: " + size() + " architectures; sample some instead");
        var all = new ArrayList<Architecture>();
        for (long n = 0; n < size(); n++) {
            var picks = new Integer[choices.size()];
            long rest = n;
            for (int c = picks.length - 1; c >= 0; c--) {
                int count = choices.get(c).candidates.size();
                picks[c] = (int) (rest % count);
                rest /= count;
            }
            all.add(new Architecture(List.of(picks)));
        }
        return all;
    }

    /** Each choice uniform. */
    public Architecture random(Rng rng) {
        return new Architecture(choices.stream().map(choice -> rng.nextInt(choice.candidates.size())).toList());
    }

    /** One choice, drawn uniformly among those that have another candidate, has another candidate. The same if there is no such choice. */
    public Architecture mutated(Architecture a, Rng rng) {
        check(a);
        int[] free = IntStream.range(0, choices.size()).filter(c -> choices.get(c).candidates.size() > 1).toArray();
        if (free.length == 0) return a;
        int at = free[rng.nextInt(free.length)];
        var picks = new ArrayList<>(a.picks());
        picks.set(at, (a.pick(at) + 1 + rng.nextInt(choices.get(at).candidates.size() - 1)) % choices.get(at).candidates.size());
        return new Architecture(picks);
    }

    /** Each choice from one of two parents. */
    public Architecture crossed(Architecture a, Architecture b, Rng rng) {
        check(a);
        check(b);
        return new Architecture(IntStream.range(0, choices.size()).mapToObj(c -> (rng.nextInt(2) == 0 ? a : b).picks().get(c)).toList());
    }

    /** The architecture's candidates by name: {@code relu, skip, relu}. */
    public String describe(Architecture a) {
        check(a);
        return IntStream.range(0, choices.size()).mapToObj(c -> choices.get(c).candidates.get(a.pick(c)).name)
                .collect(Collectors.joining(", "));
    }

    /** A network of its own. */
    public CellNetwork build(Architecture a, Rng rng) {
        check(a);
        var edges = IntStream.range(0, choices.size()).mapToObj(c -> layer(c, a.pick(c), rng)).toList();
        return new CellNetwork(this, stem.build(rng.split(0)), edges, head.build(rng.split(1)));
    }

    Layer layer(int choice, int candidate, Rng rng) {
        return choices.get(choice).candidates.get(candidate).builder.build(rng.split(2 + choice).split(candidate));
    }

    void check(Architecture a) {
        boolean fits = a.picks().size() == choices.size();
        for (int c = 0; fits && c < choices.size(); c++) fits = a.pick(c) >= 0 && a.pick(c) < choices.get(c).candidates.size();
        if (!fits) throw new IllegalArgumentException("NetworkSpace: picks " + a.picks() + " for choices among "
                + choices.stream().map(choice -> choice.candidates.size()).toList() + " candidates");
    }

    /** How many architecture weights there are: candidates of all choices. */
    public int candidates() { return choices.stream().mapToInt(choice -> choice.candidates.size()).sum(); }

    /**
     * The softmax of each choice's part of a vector of architecture weights.
     *
     * @param alpha ({@link #candidates()}), choice by choice
     */
    public List<Tensor> probabilities(Tensor alpha) { return parts(alpha).stream().map(part -> part.softmax(0)).toList(); }

    /** Each choice's part of a vector of architecture weights. */
    List<Tensor> parts(Tensor alpha) {
        if (alpha.rank() != 1 || alpha.size(0) != candidates()) throw new ShapeException(
                "NetworkSpace: architecture weights of shape " + alpha.shape() + " for " + candidates() + " candidates");
        var parts = new ArrayList<Tensor>();
        long from = 0;
        for (var choice : choices) {
            parts.add(alpha.narrow(0, from, choice.candidates.size()));
            from += choice.candidates.size();
        }
        return parts;
    }

    /** The candidate of the largest weight at each choice, the first of equals. */
    public Architecture strongest(Tensor alpha) {
        return new Architecture(parts(alpha).stream().map(part -> (int) part.argmax(0).item()).toList());
    }

    @FunctionalInterface
    interface EdgeValue {
        Tensor of(int choice, Tensor in);
    }

    /** The last node's value from node 0's. */
    Tensor flow(Tensor first, EdgeValue edge) {
        int last = choices.stream().mapToInt(Choice::to).max().orElseThrow();
        var nodes = new Tensor[last + 1];
        nodes[0] = first;
        for (int c = 0; c < choices.size(); c++) {
            var choice = choices.get(c);
            var value = edge.of(c, nodes[choice.from]);
            var sum = nodes[choice.to];
            if (sum != null && !sum.shape().equals(value.shape())) throw new ShapeException("NetworkSpace: edges into node " + choice.to
                    + " give shapes " + sum.shape() + " and " + value.shape() + "; they must agree");
            nodes[choice.to] = sum == null ? value : sum.add(value);
        }
        return nodes[last];
    }
}
