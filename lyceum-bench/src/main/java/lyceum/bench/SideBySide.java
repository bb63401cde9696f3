package lyceum.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.IntToDoubleFunction;
import java.util.function.Supplier;

/**
 * Measures cases at one number of threads: ours, then every peer, then ours again, so that the machine's drift hits all alike. A row for each peer
 * that has the operation, one without a peer where none has, and one for the limit where a case has one.
 */
final class SideBySide {
    /** Samples under a median that is quoted. */
    private static final int LEAST = 7;
    /** Seconds after which {@link #LEAST} samples are enough. */
    private static final double LONGEST = 5;
    /** Others need a shorter warm-up than ours, which a JVM may still be compiling. */
    private static final double OTHERS = 0.25;

    /** How long to measure. @param repetitions samples of each contender, {@code sample} the seconds that one takes at least, {@code only} a part of the rows to measure, or "" */
    record Effort(int repetitions, double warmUp, double sample, String only) {
        static final Effort FULL = new Effort(9, 1, 0.03, "");
        /** Many samples, each so short that it has a good chance to pass undisturbed. */
        static final Effort BUSY = new Effort(31, 0.5, 0.002, "");

        Effort only(String part) { return new Effort(repetitions, warmUp, sample, part); }

        Effort repetitions(int n) { return new Effort(n, warmUp, sample, only); }

        /** Fewer where a round takes long, but seven at least if as many are asked for. */
        int rounds(double secondsEach) { return Math.min(repetitions, Math.max(LEAST, (int) (LONGEST / secondsEach))); }

        boolean wants(Case c) { return wants(c.name() + " " + c.shape() + " " + c.dtype()); }

        boolean wants(String row) { return row.contains(only); }
    }

    private record Contender(String name, double target, IntToDoubleFunction seconds) {}

    private final String suite;
    private final int threads;
    private final List<Peer> peers;
    private final Effort effort;
    private final Consumer<Row> listener;
    private double handover = Double.NaN;

    SideBySide(String suite, int threads, List<Peer> peers, Effort effort, Consumer<Row> listener) {
        this.suite = suite;
        this.threads = threads;
        this.peers = peers;
        this.effort = effort;
        this.listener = listener;
    }

    int threads() { return threads; }

    /** Whether the row was asked for. */
    boolean wants(Case c) { return effort.wants(c); }

    /** Measures {@code ours}, which is made only if the case is wanted. */
    void measure(Case c, Supplier<Supplier<?>> ours) {
        if (!effort.wants(c)) return;
        compare(c, Timing.clock(ours.get()));
    }

    /** The same for what is timed in another way. */
    void compare(Case c, IntToDoubleFunction ours) {
        if (!effort.wants(c)) return;
        var contenders = new ArrayList<Contender>();
        contenders.add(new Contender("", c.limit(), ours));
        if (!c.request().isEmpty())
            for (var peer : peers) if (peer.prepare(c.request())) contenders.add(new Contender(peer.name(), c.target(), peer::seconds));
        boolean alone = contenders.size() == 1;
        for (var rival : c.rivals()) contenders.add(new Contender(rival.name(), rival.target(), rival.seconds()));
        int n = contenders.size();
        var paces = new Timing.Pace[n];
        double round = 0;
        for (int i = 0; i < n; i++) {
            paces[i] = Timing.pace(contenders.get(i).seconds, i == 0 ? effort.warmUp : OTHERS * effort.warmUp, effort.sample,
                    i == 0 ? ThreadsAtRest::compilersRun : () -> false);
            round += paces[i].seconds();
        }
        if (threads > 1) {
            awaitRest();
            handover = Handover.nanos();
        }
        var samples = new double[n][effort.rounds(round)];
        for (int r = 0; r < samples[0].length; r++) {
            for (int i = 0; i < n; i++) {
                if (threads > 1) awaitRest();
                samples[i][r] = contenders.get(i).seconds.applyAsDouble(paces[i].calls()) / paces[i].calls();
            }
        }
        var medians = new Timing.Median[n];
        for (int i = 0; i < n; i++) medians[i] = Timing.Median.of(samples[i]);
        if (alone && !c.needs().isEmpty()) listener.accept(missing(c, medians[0]));
        else if (n == 1 || !Double.isNaN(c.limit())) listener.accept(alone(c, medians[0]));
        for (int i = 1; i < n; i++) listener.accept(beside(c, medians[0], medians[i], contenders.get(i)));
    }

    /** One call of each, for what takes so long that it warms up by itself. */
    void single(Case c, Supplier<?> ours) {
        if (!effort.wants(c)) return;
        var own = only(Timing.seconds(ours, 1));
        if (c.rivals().isEmpty() || !Double.isNaN(c.limit())) listener.accept(alone(c, own));
        for (var rival : c.rivals()) {
            var contender = new Contender(rival.name(), rival.target(), rival.seconds());
            listener.accept(beside(c, own, only(rival.seconds().applyAsDouble(1)), contender));
        }
    }

    private static Timing.Median only(double seconds) { return new Timing.Median(seconds, Double.NaN, seconds); }

    /** One value against the case's limit, of what cannot be repeated; in seconds where the unit is of time. */
    void once(Case c, DoubleSupplier seconds) {
        if (effort.wants(c)) listener.accept(alone(c, new Timing.Median(seconds.getAsDouble(), Double.NaN, Double.NaN)));
    }

    /** No sample shares the processors with what the one before has left running, in a peer or in the compilers of this JVM. */
    private void awaitRest() {
        for (var peer : peers) peer.awaitRest();
        ThreadsAtRest.awaitCompilers();
    }

    /** A case that this CPU has no instructions for. */
    void notMeasuredHere(Case c, String beside) {
        if (!effort.wants(c)) return;
        listener.accept(new Row(suite, c.name(), c.shape(), c.dtype(), threads, Double.NaN, Double.NaN, c.unit().name(), Double.NaN, beside,
                Cpu.name(), Double.NaN, Double.NaN, Double.NaN, c.level(), c.target(), Verdict.NOT_MEASURED_HERE));
    }

    private Row missing(Case c, Timing.Median ours) {
        return new Row(suite, c.name(), c.shape(), c.dtype(), threads, c.unit().of(ours.value()), Double.NaN, c.unit().name(), Double.NaN,
                c.needs() + " (not installed)", Cpu.name(), ours.spread(), Double.NaN, Double.NaN, c.level(), c.target(),
                Verdict.NOT_MEASURED_HERE, handover);
    }

    private Row alone(Case c, Timing.Median ours) {
        double value = c.unit().of(ours.value());
        return new Row(suite, c.name(), c.shape(), c.dtype(), threads, value, Double.NaN, c.unit().name(), Double.NaN, "", Cpu.name(),
                ours.spread(), Double.NaN, Double.NaN, c.level(), c.limit(), Verdict.atMost(c.limit(), value), handover);
    }

    private Row beside(Case c, Timing.Median ours, Timing.Median theirs, Contender peer) {
        double ratio = theirs.value() / ours.value();
        return new Row(suite, c.name(), c.shape(), c.dtype(), threads, c.unit().of(ours.value()), c.unit().of(theirs.value()),
                c.unit().name(), ratio, peer.name, Cpu.name(), ours.spread(), theirs.spread(), theirs.least() / ours.least(), c.level(),
                peer.target, Verdict.atLeast(peer.target, ratio), handover);
    }
}
