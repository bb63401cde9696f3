package lyceum.models.sequence;

import static lyceum.models.sequence.Fitting.distance;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.scenes.DateTexts;
import lyceum.nn.BeamSearch;
import lyceum.nn.Hooks;
import lyceum.nn.Pass;
import lyceum.nn.Twin;
import lyceum.optim.Adam;
import lyceum.optim.Clip;
import lyceum.optim.Schedule;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class Seq2SeqTest {
    private static final TargetDecoder.Look NONE = TargetDecoder.Look.NONE, ADDITIVE = TargetDecoder.Look.ADDITIVE;

    private static List<Seq2Seq.Pair> pairs(List<DateTexts.Pair> dates) {
        return dates.stream().map(d -> new Seq2Seq.Pair(DateTexts.codes(d.text()), DateTexts.codes(d.iso()))).toList();
    }

    private static Seq2SeqConfig dates(int width, int units) {
        return new Seq2SeqConfig(DateTexts.symbols(), DateTexts.symbols(), width, units);
    }

    /** Strings of one length over {@code symbols}, to be said again; codes from 3 on. */
    private static List<Seq2Seq.Pair> copies(Rng rng, int n, int length, int symbols) {
        var pairs = new ArrayList<Seq2Seq.Pair>();
        for (int i = 0; i < n; i++) {
            var s = new int[length];
            for (int t = 0; t < length; t++) s[t] = 3 + rng.nextInt(symbols);
            pairs.add(new Seq2Seq.Pair(s, s));
        }
        return pairs;
    }

    private static Trainer trainer(int updates, double rate) {
        return new Trainer(new Adam(rate), 1).withBatchSize(64).withClip(Clip.norm(1))
                .withSchedule(new Schedule.Cosine(updates).warmedUp(20));
    }

    /** Of every kind, small and untrained. */
    private static List<Seq2Seq> kinds() {
        var kinds = new ArrayList<Seq2Seq>();
        for (var body : Seq2SeqConfig.Body.values()) for (var look : TargetDecoder.Look.values()) {
            if (body == Seq2SeqConfig.Body.TRANSFORMER && look != NONE) continue;
            var config = new Seq2SeqConfig(8, 7, 8, 6).withBody(body).withLook(look).withHeads(2)
                    .withFeeding(look == TargetDecoder.Look.GENERAL);
            kinds.add(new Seq2Seq(look == TargetDecoder.Look.DOT ? config.withBidirectional(false) : config, Rng.of(kinds.size())));
        }
        return kinds;
    }

    private static int[] tokens(Rng rng, int below) {
        var tokens = new int[1 + rng.nextInt(6)];
        for (int i = 0; i < tokens.length; i++) tokens[i] = 3 + rng.nextInt(below - 3);
        return tokens;
    }

    private static List<Seq2Seq.Pair> random(int seed, int n) {
        var rng = Rng.of(seed);
        var pairs = new ArrayList<Seq2Seq.Pair>();
        for (int i = 0; i < n; i++) pairs.add(new Seq2Seq.Pair(tokens(rng, 8), tokens(rng, 7)));
        return pairs;
    }

    @Acceptance(topic = "seq2seq-attention", clause = 2)
    @Test void oneBeamIsGreedyAndAllBeamsFindTheBest() {
        int equal = 0, better = 0, searches = 0;
        double worst = Double.POSITIVE_INFINITY, brute = 0;
        for (var model : kinds()) for (int seed = 1; seed <= 5; seed++) {
            int[] source = random(seed, 1).getFirst().source();
            var one = model.beams(source, new BeamSearch(1, 0, 4)).getFirst();
            if (Arrays.equals(greedy(model, source, 4), one.tokens().stream().mapToInt(Integer::intValue).toArray())) equal++;
            var all = model.beams(source, new BeamSearch(400, 0, 4)).getFirst(); // 7^3 beginnings of three tokens
            worst = Math.min(worst, all.logProbability() - one.logProbability());
            if (all.logProbability() > one.logProbability() + 1e-9) better++;
            brute = Math.max(brute, Math.abs(all.logProbability() - best(model, source, 4)));
            searches++;
        }
        Evidence.of("searches with nine kinds of models", searches, exactly(45));
        Evidence.of("one beam equal to the likeliest token each time", equal, exactly(45));
        Evidence.of("all beams: smallest score above greedy's", worst, atLeast(0));
        Evidence.of("largest gap from the best of all strings, tried one by one", brute, below(1e-5));
        assertThat(better).isPositive();
    }

    /** By the whole model at each step, without a state. */
    private static int[] greedy(Seq2Seq model, int[] source, int longest) {
        var said = new int[] {model.config().begin()};
        while (said.length <= longest) {
            int next = logs(model, source, said)[said.length - 1];
            said = Arrays.copyOf(said, said.length + 1);
            said[said.length - 1] = next;
            if (next == model.config().end()) break;
        }
        return Arrays.copyOfRange(said, 1, said.length);
    }

    private static int[] logs(Seq2Seq model, int[] source, int[] said) {
        return Autograd.noGrad(
                () -> model.model().forward(Tensor.of(source, 1, source.length), null, Tensor.of(said, 1, said.length), Pass.inference())
                        .argmax(-1).get(0).toIntArray());
    }

    /** The largest log-probability of a string of at most {@code longest} tokens that ends, or of that many. */
    private static double best(Seq2Seq model, int[] source, int longest) {
        int tokens = model.config().targetTokens(), end = model.config().end(), all = (int) Math.pow(tokens, longest);
        var inputs = new long[all * longest];
        for (int i = 0; i < all; i++) {
            inputs[i * longest] = model.config().begin();
            for (int t = 1, rest = i / tokens; t < longest; t++, rest /= tokens) inputs[i * longest + t] = rest % tokens;
        }
        double best = Double.NEGATIVE_INFINITY;
        var sources = Tensor.of(source, 1, source.length).repeat(0, all);
        double[] logs = Autograd.noGrad(() -> model.model().forward(sources, null, Tensor.of(inputs, all, longest), Pass.inference())
                .logSoftmax(-1).toDoubleArray());
        for (int i = 0; i < all; i++) {
            double sum = 0;
            for (int t = 0; t < longest; t++) {
                int next = t + 1 < longest ? (int) inputs[i * longest + t + 1] : i % tokens;
                sum += logs[(i * longest + t) * tokens + next];
                if (next == end) break;
            }
            best = Math.max(best, sum);
        }
        return best;
    }

    @Acceptance(topic = "seq2seq-attention", clause = 3)
    @Test void paddingChangesNoLoss() {
        double worst = 0;
        int batches = 0;
        for (var model : kinds()) for (int seed = 1; seed <= 4; seed++) {
            var pairs = random(seed, 5);
            double sum = 0, tokens = 0;
            for (var pair : pairs) {
                int n = pair.target().length + 1;
                sum += model.loss(List.of(pair), Pass.inference()).item() * n;
                tokens += n;
            }
            worst = Math.max(worst, Math.abs(model.loss(pairs, Pass.inference()).item() - sum / tokens));
            batches++;
        }
        Evidence.of("batches of five pairs of different lengths", batches, exactly(36));
        Evidence.of("largest gap from pairs one by one", worst, below(1e-6));
    }

    @Acceptance(topic = "seq2seq-attention", clause = 4)
    @Test void teacherForcedLossEqualsTorchs() {
        var gap = Gap.relativeBeyondOne();
        int cases = 0;
        for (var c : Golden.load("golden/seq2seq.json").cases("recurrent")) {
            int[] n = c.ints("input.sizes");
            var config = new Seq2SeqConfig(8, 7, n[0], n[1])
                    .withBody(c.flag("input.lstm") ? Seq2SeqConfig.Body.LSTM : Seq2SeqConfig.Body.GRU)
                    .withLook(TargetDecoder.Look.valueOf(c.text("input.look"))).withFeeding(c.flag("input.feeding")).withDtype(DType.F64);
            var model = new Seq2Seq(config, Rng.of(1));
            var twin = new Twin((long) c.number("input.seed"));
            twin.fill(model.model(), 0.5);
            int[][] source = c.intMatrix("input.source"), target = c.intMatrix("input.target");
            var pairs = new ArrayList<Seq2Seq.Pair>();
            for (int i = 0; i < source.length; i++) pairs.add(new Seq2Seq.Pair(source[i], target[i]));
            twin.compare(gap, c, model.model().parameters(), List.of(), List.of(model.loss(pairs, Pass.inference())));
            cases++;
        }
        Evidence.of("models: GRU and LSTM; additive, general, no attention; fed or not", cases, exactly(8));
        Evidence.of("largest gap of the loss and its gradients", gap, below(1e-5));
    }

    @Acceptance(topic = "seq2seq-attention", clause = 5)
    @Test void rowsOfAttentionSumToOne() {
        double worst = 0, beyond = 0;
        int rows = 0;
        for (var model : kinds()) {
            if (model.config().look() == NONE) continue;
            for (int seed = 1; seed <= 10; seed++) {
                var pairs = random(seed, 4);
                var hooks = Hooks.of(model.model());
                var seen = new ArrayList<Tensor>();
                hooks.on("*.weights", (name, in, w) -> {
                    seen.add(w.detach().compute());
                    return w;
                });
                model.loss(pairs, Pass.inference().with(hooks)).item();
                for (var w : seen) {
                    worst = Math.max(worst, distance(w.sum(-1), Tensor.ones(4, 1)));
                    for (int r = 0; r < 4; r++)
                        for (int s = pairs.get(r).source().length; s < w.size(2); s++) beyond = Math.max(beyond, w.item(r, 0, s));
                    rows += 4;
                }
                var aligned = model.align(pairs.getFirst().source(), 5);
                for (var row : aligned.weights()) worst = Math.max(worst, Math.abs(Arrays.stream(row).sum() - 1));
            }
        }
        Evidence.of("rows", rows, atLeast(500));
        Evidence.of("largest gap of a sum from 1", worst, below(1e-6));
        Evidence.of("largest weight of padding", beyond, exactly(0));
    }

    @Acceptance(topic = "seq2seq-attention", clause = 6)
    @Test void freeRunningIsSamplingAtProbabilityOne() {
        int compared = 0, different = 0, untrue = 0;
        for (var model : kinds()) for (int seed = 1; seed <= 5; seed++) {
            var pairs = random(seed, 4);
            long[] given = model.given(pairs, 0, Rng.of(seed)).inputs().toLongArray();
            int width = given.length / 4;
            for (int r = 0; r < 4; r++) {
                int n = pairs.get(r).target().length;
                int[] said = freely(model, pairs.get(r).source(), n);
                for (int t = 0; t < n; t++) {
                    compared++;
                    if (given[r * width + t + 1] != said[t]) different++;
                    if (said[t] != pairs.get(r).target()[t]) untrue++;
                }
            }
        }
        assertThat(untrue).isGreaterThan(compared / 2);
        Evidence.of("tokens compared", compared, atLeast(500));
        Evidence.of("inputs other than what the model says by itself", different, exactly(0));
    }

    /** The model's own tokens, beyond an end mark as well, by the whole model at each step. */
    private static int[] freely(Seq2Seq model, int[] source, int n) {
        var said = new int[] {model.config().begin()};
        while (said.length <= n) {
            int next = logs(model, source, said)[said.length - 1];
            said = Arrays.copyOf(said, said.length + 1);
            said[said.length - 1] = next;
        }
        return Arrays.copyOfRange(said, 1, n + 1);
    }

    @Acceptance(topic = "seq2seq", clause = 3)
    @Test void theForcingRateFollowsItsSchedule() {
        var model = new Seq2Seq(new Seq2SeqConfig(15, 15, 4, 4).withLook(NONE), Rng.of(1));
        var schedules = List.of(Seq2Seq.Forcing.linear(100, 0.2), Seq2Seq.Forcing.inverseSigmoid(20), Seq2Seq.Forcing.exponential(0.98));
        double worst = 0;
        int rates = 0;
        for (var schedule : schedules) for (int step : new int[] {0, 25, 60, 150}) {
            double expected = switch (schedules.indexOf(schedule)) {
                case 0 -> step >= 100 ? 0.2 : 1 - 0.8 * step / 100;
                case 1 -> 20 / (20 + Math.exp(step / 20.0));
                default -> Math.exp(step * Math.log(0.98));
            };
            var given = model.given(copies(Rng.of(step), 2000, 12, 12), schedule.rate(step), Rng.of(17 + step));
            assertThat(given.drawn()).isEqualTo(24_000);
            worst = Math.max(worst, Math.abs((double) given.forced() / given.drawn() - expected));
            rates++;
        }
        Evidence.of("rates", rates, exactly(12));
        Evidence.of("largest gap of a rate, 24,000 draws each", worst, below(0.01));
    }

    /** Exact share of 500 held-out dates after each hundred updates of 64, until it is at least that. */
    private static List<Double> dates(Seq2SeqConfig config, int updates, double rate, double enough) {
        var model = new Seq2Seq(config, Rng.of(1));
        var fresh = pairs(DateTexts.heldOut(500, Rng.of(2)));
        var run = model.start(pairs(DateTexts.learned(64 * updates, Rng.of(3))), trainer(updates, rate), Seq2Seq.Forcing.ALWAYS, Rng.of(4));
        var curve = new ArrayList<>(List.of(model.exactMatch(fresh, 12)));
        while (run.step()) {
            if (run.steps() % 100 != 0) continue;
            curve.add(model.exactMatch(fresh, 12));
            if (curve.getLast() >= enough) break;
        }
        return curve;
    }

    private static final Seq2SeqConfig ATTENTIVE = dates(24, 48);
    private static final int HUNDREDS = 3;

    @Tag("heavy")
    @Acceptance(topic = "seq2seq-attention", clause = 1)
    @Acceptance(topic = "seq2seq", clause = 1)
    @Test void datesAreReadByLookingAndNotByRemembering() {
        var attentive = dates(ATTENTIVE, 100 * HUNDREDS, 0.01, 0.98);
        Evidence.of("attentive GRU, untrained", attentive.getFirst(), atMost(0.1));
        Evidence.of("attentive GRU, exact share of held-out dates", attentive.getLast(), atLeast(0.98));
        int hundreds = attentive.size() - 1;
        var plain = dates(ATTENTIVE.withLook(NONE), 100 * HUNDREDS, 0.01, 0.98);
        Evidence.of("points above the same without attention at that evaluation", 100 * (attentive.getLast() - plain.get(hundreds)),
                atLeast(10));
    }

    @Tag("heavy")
    @Acceptance(topic = "seq2seq", clause = 1)
    @Test void aTransformerReadsDates() {
        var config = dates(32, 64).withBody(Seq2SeqConfig.Body.TRANSFORMER).withLayers(2);
        var curve = dates(config, 700, 0.006, 2);
        Evidence.of("transformer, untrained", curve.getFirst(), atMost(0.1));
        Evidence.of("transformer, exact share of held-out dates", curve.getLast(), atLeast(0.98));
    }

    /** Share of symbols of 500 fresh strings that a plain LSTM says again by itself. */
    private static double copied(boolean reversed, int seed, int updates) {
        var model = new Seq2Seq(new Seq2SeqConfig(15, 15, 16, 48).withBody(Seq2SeqConfig.Body.LSTM).withLook(NONE).withBidirectional(false)
                .withReversed(reversed), Rng.of(seed));
        model.fit(copies(Rng.of(100 + seed), 64 * updates, 12, 12), trainer(updates, 0.01), Seq2Seq.Forcing.ALWAYS, Rng.of(seed),
                Progress.SILENT);
        var fresh = copies(Rng.of(999), 500, 12, 12);
        var said = model.translate(fresh.stream().map(Seq2Seq.Pair::source).toList(), 12);
        int right = 0;
        for (int i = 0; i < 500; i++)
            for (int t = 0; t < Math.min(12, said.get(i).length); t++) if (said.get(i)[t] == fresh.get(i).target()[t]) right++;
        return right / 6000.0;
    }

    @Tag("heavy")
    @Acceptance(topic = "seq2seq", clause = 2)
    @Test void copyingIsEasierFromAReversedSource() {
        int better = 0;
        double most = 0, least = 1;
        for (int seed = 1; seed <= 5; seed++) {
            double plain = copied(false, seed, 250), reversed = copied(true, seed, 250);
            if (reversed > plain) better++;
            most = Math.max(most, Math.max(plain, reversed));
            least = Math.min(least, reversed);
        }
        Evidence.of("seeds of 5 in which the reversed source is better", better, atLeast(4));
        Evidence.of("largest accuracy", most, atMost(0.95));
        Evidence.of("smallest accuracy with a reversed source; guessing has 0.083", least, atLeast(0.15));
    }

    @Test void aTrainerUsesTheScheduleOfItsSteps() {
        var model = new Seq2Seq(new Seq2SeqConfig(7, 7, 8, 12).withLook(NONE), Rng.of(1));
        var asked = new ArrayList<Long>();
        var pairs = copies(Rng.of(2), 40, 3, 4);
        double before = model.loss(pairs, Pass.inference()).item();
        model.fit(pairs, new Trainer(new Adam(0.02), 10).withBatchSize(10), step -> {
            asked.add(step);
            return step < 20 ? 1 : 0.5;
        }, Rng.of(3), Progress.SILENT);
        assertThat(asked).hasSize(40).startsWith(0L, 1L).endsWith(39L);
        assertThat(model.loss(pairs, Pass.inference()).item()).isLessThan(0.7 * before);
    }

    @Test void whatDoesNotFitIsNamed() {
        var model = new Seq2Seq(new Seq2SeqConfig(7, 7, 4, 4), Rng.of(1));
        assertThatThrownBy(() -> model.translate(new int[0])).hasMessageContaining("empty source");
        assertThatThrownBy(() -> model.given(copies(Rng.of(1), 2, 2, 3), 1.5, Rng.of(1))).hasMessageContaining("1.5");
        assertThatThrownBy(() -> model.fit(List.of(), trainer(1, 0.1), Seq2Seq.Forcing.ALWAYS, Rng.of(1), Progress.SILENT))
                .hasMessageContaining("no pairs");
    }
}
