package lyceum.llm.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import lyceum.llm.CausalLM;
import lyceum.llm.eval.Perplexity;
import lyceum.llm.eval.PerplexityReport;
import lyceum.llm.eval.ScoredText;
import lyceum.nn.Module;
import lyceum.optim.Schedule;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.train.Trainer;
import lyceum.withers.Withers;

/**
 * Next-token training that goes on from a finished model on text of another kind: the rate warms up again and falls again, a share of the old text stays in, and a last
 * stretch may be spent on the best text while the rate falls to nothing. Domain pretraining, continual pretraining and mid-training are this at different settings.
 *
 * {@snippet :
 * var trainer = new Trainer(new AdamW(1e-3), 1).withBatchSize(16).withClip(Clip.norm(1));
 * var recipe = new ContinuedPretraining(trainer, 2000).withReplay(0.2);
 * var report = recipe.train(model, domain, general, null, probes, Rng.of(1), Progress.SILENT);
 * double gained = report.change("medicine"), forgotten = report.change("general");
 * }
 *
 * <p>With p the rule's rate, w steps of warm-up and T steps, the rate of step t is {@code s + (p - s) t / w} up to w, then
 * {@code f + (p - f) (1 + cos(pi (t - w) / (T - w))) / 2}, then falls along a line from f to 0 over the annealing; s and f are shares of p.
 *
 * <p>New words: {@link VocabularyExtension} first.
 *
 * @param trainer rule, whose rate is the peak, rows of a batch, clipping; its schedule and epochs are not read
 * @param steps on domain and replay
 * @param warmUp steps, fewer than those
 * @param start share of the peak at which the warm-up begins
 * @param floor share of the peak to which the rate falls
 * @param replay share of the rows that come from the old text, in [0, 1)
 * @param annealing steps on the best text behind all others
 * @param evaluateEvery steps from one look at the probes to the next; there is one before the first step and one behind the last
 * @see <a href="https://arxiv.org/abs/2403.08763">Ibrahim et al. (2024)</a>
 * @see <a href="https://arxiv.org/abs/2004.10964">Gururangan et al. (2020)</a>
 */
@Withers
public record ContinuedPretraining(Trainer trainer, long steps, long warmUp, double start, double floor, double replay, long annealing,
        long evaluateEvery) implements ContinuedPretrainingWithers {

    public ContinuedPretraining {
        Objects.requireNonNull(trainer, "trainer");
        if (steps < 1 || warmUp < 0 || warmUp >= steps || annealing < 0 || evaluateEvery < 1)
            throw new IllegalArgumentException("ContinuedPretraining: " + steps + " steps, " + warmUp + " of warm-up, " + annealing
                    + " of annealing, evaluated every " + evaluateEvery + "; warm-up is shorter than the steps, and none is negative");
        if (!(start >= 0 && start <= 1 && floor >= 0 && floor <= 1 && replay >= 0 && replay < 1)) throw new IllegalArgumentException(
                "ContinuedPretraining: start " + start + ", floor " + floor + ", replay " + replay + "; shares, replay below 1");
    }

    /** A tenth of the steps warms up from 0, the rate falls to a tenth, no replay, no annealing, probed at the ends. */
    public ContinuedPretraining(Trainer trainer, long steps) { this(trainer, steps, steps / 10, 0, 0.1, 0, 0, Long.MAX_VALUE); }

    /** How probes fared. @param steps taken when they were looked at @param reports then, the first before any step */
    public record Report(List<Long> steps, List<PerplexityReport> reports) {
        public PerplexityReport before() { return reports.getFirst(); }

        public PerplexityReport after() { return reports.getLast(); }

        /** Relative change of bits per byte of the probes of one domain: negative where they fell. */
        public double change(String domain) { return of(domain, after()) / of(domain, before()) - 1; }

        /** Bits per byte of the probes of one domain, at each look. */
        public double[] bitsPerByte(String domain) { return reports.stream().mapToDouble(r -> of(domain, r)).toArray(); }

        private static double of(String domain, PerplexityReport report) {
            var found = report.byDomain().get(domain);
            if (found == null) throw new IllegalArgumentException(
                    "ContinuedPretraining: no probe of \"" + domain + "\"; there are " + report.byDomain().keySet());
            return found.bitsPerByte();
        }
    }

    /** What the rule's rate is multiplied by. */
    public Schedule schedule() {
        var first = new Schedule.Cosine(steps - warmUp).withFloor(floor).warmedUp(warmUp, start, Schedule.Ramp.LINEAR);
        return annealing == 0 ? first : first.then(steps, new Schedule.Linear(annealing, floor, 0));
    }

    /**
     * Trains the model in place.
     *
     * @param old text for the replay; may be null without
     * @param best text for the annealing; may be null without
     * @param probes held-out texts, each under the name of its domain; longer ones than a row are read through windows that overlap by half
     * @throws lyceum.progress.CancelledException if progress says so, between two steps
     */
    public <M extends Module & CausalLM> Report train(M model, PackedText domain, PackedText old, PackedText best, List<ScoredText> probes,
            Rng rng, Progress progress) {
        if (replay > 0 && old == null || annealing > 0 && best == null)
            throw new IllegalArgumentException("ContinuedPretraining: " + (replay > 0 && old == null
                    ? "replay " + replay + " without the old text" : annealing + " steps of annealing without a text for it"));
        int perStep = trainer.batchSize() * trainer.accumulated(), window = domain.length() - 1;
        var perplexity = Perplexity.sliding(window, Math.max(1, window / 2));
        var at = new ArrayList<>(List.of(0L));
        var reports = new ArrayList<>(List.of(perplexity.of(model, probes)));
        var mixture = replay == 0 ? PackedText.mixed(List.of(domain), new double[] {1}, Math.toIntExact(steps * perStep), rng.split(0))
                : PackedText.mixed(List.of(domain, old), new double[] {1 - replay, replay}, Math.toIntExact(steps * perStep), rng.split(0));
        var pretrainer = new Pretrainer(trainer.withSchedule(schedule()), steps + annealing);
        var run = pretrainer.start(model, mixture, rng.split(1));
        for (long step = 1; step <= steps + annealing; step++) {
            if (step == steps + 1) {
                var state = run.optimizer().state();
                run = pretrainer.start(model, best, rng.split(2));
                run.optimizer().restore(state); // moments and the place in the schedule go on
            }
            run.step();
            if (step % evaluateEvery == 0 || step == steps + annealing) {
                at.add(step);
                reports.add(perplexity.of(model, probes));
            }
            progress.step("continued pretraining", step, steps + annealing);
        }
        return new Report(List.copyOf(at), List.copyOf(reports));
    }
}
