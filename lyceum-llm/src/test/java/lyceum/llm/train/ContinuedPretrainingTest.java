package lyceum.llm.train;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.autograd.Autograd;
import lyceum.data.corpus.Corpora;
import lyceum.data.corpus.Corpus;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.TinyBible;
import lyceum.llm.eval.ScoredText;
import lyceum.nn.Pass;
import lyceum.optim.AdamW;
import lyceum.optim.Clip;
import lyceum.optim.Schedule;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.text.BpeTrainer;
import lyceum.text.PreTokenizer;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ContinuedPretrainingTest {
    private static final int LENGTH = 64, HELD = 2_000_000;
    private static final Trainer TRAINER = new Trainer(new AdamW(3e-3), 1).withBatchSize(16).withClip(Clip.norm(1));

    private static DecoderConfig config(int vocabulary) {
        return DecoderConfig.llama(vocabulary, LENGTH, 2, 32, 4, 4, 96).withTied(true).withDeviation(0.1);
    }

    private static DecoderLM fresh(long seed) { return new DecoderLM(config(TinyBible.LETTERS), Rng.of(seed)); }

    private static PackedText letters(Corpus corpus) { return PackedText.of(List.of(TinyBible.letters(corpus, 0, 600_000)), LENGTH, -1); }

    private static List<ScoredText> probes() {
        var probes = new ArrayList<ScoredText>();
        for (var domain : List.of("bible", "brown")) {
            int[] all = TinyBible.letters(domain.equals("bible") ? Corpora.kingJames() : Corpora.brown(), HELD, 24_000);
            for (int at = 0; at < all.length; at += 1000)
                probes.add(new ScoredText(Arrays.copyOfRange(all, at, at + 1000), domain, 0, 1000, 1000));
        }
        return probes;
    }

    /** From nothing, over half a cosine to nothing: a finished model. */
    private static DecoderLM pretrained(PackedText text, int steps, long seed) {
        var model = fresh(seed);
        new ContinuedPretraining(TRAINER.withRule(new AdamW(6e-3)), steps).withFloor(0).train(model, text, null, null,
                probes().subList(0, 1), Rng.of(seed + 50), Progress.SILENT);
        return model;
    }

    /** Domain pretraining, clauses 1 and 2: Brown, then the Bible. */
    @Acceptance(topic = "domain-pretraining", clause = 1)
    @Acceptance(topic = "domain-pretraining", clause = 2)
    @Tag("slow")
    @Test void aDomainIsLearnedAndReplayKeepsTheRest() {
        PackedText brown = letters(Corpora.brown()), bible = letters(Corpora.kingJames());
        var base = pretrained(brown, 500, 1);
        var recipe = new ContinuedPretraining(TRAINER, 200);
        var bare = recipe.train(DecoderLM.copy(base), bible, null, null, probes(), Rng.of(2), Progress.SILENT);
        var replayed = recipe.withReplay(0.2).train(DecoderLM.copy(base), bible, brown, null, probes(), Rng.of(2), Progress.SILENT);
        Evidence.of("steps", recipe.steps(), atMost(300));
        Evidence.of("change of the domain's bits per byte", bare.change("bible"), atMost(-0.15));
        Evidence.of("with replay", replayed.change("bible"), atMost(-0.15));
        Evidence.of("change of the general text's, no replay", bare.change("brown"), atLeast(0.03));
        Evidence.of("share of that rise with a fifth replayed", replayed.change("brown") / bare.change("brown"), atMost(0.5));
    }

    /** Continual pretraining, clauses 1 and 2: the Bible, then Brown. */
    @Acceptance(topic = "continual-pretraining", clause = 1)
    @Acceptance(topic = "continual-pretraining", clause = 2)
    @Tag("heavy")
    @Test void goingOnBeatsStartingAnewAndReplayKeepsTheOld() {
        PackedText brown = letters(Corpora.brown()), bible = letters(Corpora.kingJames());
        int steps = 120;
        double worstNew = Double.NEGATIVE_INFINITY, worstRise = Double.NEGATIVE_INFINITY, worstShare = Double.NEGATIVE_INFINITY,
                leastRise = Double.POSITIVE_INFINITY;
        for (long seed = 1; seed <= 3; seed++) {
            var base = pretrained(bible, 500, seed);
            var recipe = new ContinuedPretraining(TRAINER.withRule(new AdamW(1e-3)), steps); // at 3e-3 the old text suffers more
            var bare = recipe.train(DecoderLM.copy(base), brown, null, null, probes(), Rng.of(seed), Progress.SILENT);
            var replayed = recipe.withReplay(0.2).train(DecoderLM.copy(base), brown, bible, null, probes(), Rng.of(seed), Progress.SILENT);
            var anew = new ContinuedPretraining(TRAINER.withRule(new AdamW(6e-3)), 2 * steps).train(fresh(seed + 10), brown, null, null,
                    probes(), Rng.of(seed), Progress.SILENT);
            double scratch = perplexity(anew, "brown", true);
            worstNew = Math.max(worstNew, Math.max(perplexity(bare, "brown", true), perplexity(replayed, "brown", true)) / scratch);
            double rise = perplexity(bare, "bible", true) / perplexity(bare, "bible", false) - 1,
                    kept = perplexity(replayed, "bible", true) / perplexity(replayed, "bible", false) - 1;
            leastRise = Math.min(leastRise, rise);
            worstRise = Math.max(worstRise, kept);
            worstShare = Math.max(worstShare, kept / rise);
        }
        Evidence.of("perplexity after N steps over that of 2 N from nothing, worst of 3 seeds", worstNew, below(1));
        Evidence.of("rise of the old perplexity with a fifth replayed, worst", worstRise, atMost(0.05));
        Evidence.of("over the rise without, worst", worstShare, below(0.5));
        Evidence.of("rise without replay, least", leastRise, atLeast(0.01));
    }

    private static double perplexity(ContinuedPretraining.Report report, String domain, boolean after) {
        return (after ? report.after() : report.before()).byDomain().get(domain).perplexity();
    }

    /** Continual pretraining, clause 3: the rates that the optimiser used. */
    @Acceptance(topic = "continual-pretraining", clause = 3)
    @Test void theRatesAreThoseAskedFor() {
        double worst = 0;
        int compared = 0;
        for (var recipe : List.of(new ContinuedPretraining(TRAINER, 40), new ContinuedPretraining(TRAINER, 40, 7, 0.05, 0.2, 0, 12, 1000),
                new ContinuedPretraining(TRAINER, 30, 0, 0, 0, 0, 5, 1000), new ContinuedPretraining(TRAINER, 1000))) {
            double peak = 3e-3;
            var leaf = Tensor.of(1.0).requiresGrad();
            var optimizer = new AdamW(peak).over(List.of(leaf)).scheduledBy(recipe.schedule());
            long total = recipe.steps() + recipe.annealing(), w = recipe.warmUp();
            for (long t = 0; t < total; t++) {
                double low = recipe.floor() * peak, first = recipe.start() * peak,
                        asked = t < w ? first + (peak - first) * t / w
                                : t < recipe.steps() ? low + 0.5 * (peak - low) * (1 + Math.cos(Math.PI * (t - w) / (recipe.steps() - w)))
                                        : low * (1 - (double) (t - recipe.steps()) / recipe.annealing());
                worst = Math.max(worst, Math.abs(optimizer.learningRate(leaf) - asked));
                compared++;
                optimizer.zeroGrad();
                leaf.square().backward();
                optimizer.step();
            }
        }
        Evidence.of("rates", compared, exactly(40 + 52 + 35 + 1000));
        Evidence.of("rate less what was asked for", worst, atMost(1e-17));
    }

    /** The same of a run with its annealing, as a listener sees them behind each step: the next step's. */
    @Acceptance(topic = "continual-pretraining", clause = 3)
    @Test void annealingGoesOnWhereTheRunWas() {
        var seen = new ArrayList<Double>();
        var trainer = TRAINER.withBatchSize(2).withListener(
                Trainer.Listener.afterStep(run -> seen.add(run.optimizer().learningRate(run.optimizer().parameters().getFirst()))));
        var text = PackedText.of(List.of(TinyBible.letters(Corpora.kingJames(), 0, 4000)), LENGTH, -1);
        var recipe = new ContinuedPretraining(trainer, 6, 2, 0, 0.5, 0, 4, 2);
        var model = fresh(1);
        var report = recipe.train(model, text, null, text, probes().subList(0, 2), Rng.of(1), Progress.SILENT);
        assertThat(report.steps()).containsExactly(0L, 2L, 4L, 6L, 8L, 10L);
        assertThat(report.bitsPerByte("bible")).hasSize(6);
        assertThat(report.change("bible")).isLessThan(0);
        double[] asked = {0.5, 1, 0.5 + 0.25 * (1 + Math.cos(Math.PI / 4)), 0.75, 0.5 + 0.25 * (1 + Math.cos(3 * Math.PI / 4)), 0.5, 0.375,
                0.25, 0.125, 0};
        double worst = 0;
        for (int t = 0; t < 10; t++) worst = Math.max(worst, Math.abs(seen.get(t) - 3e-3 * asked[t]));
        Evidence.of("steps of a run", seen.size(), exactly(10));
        Evidence.of("rates of a run less what was asked for", worst, atMost(1e-17));
        assertThat(recipe.schedule().factor(6)).isEqualTo(0.5);
        assertThat(recipe.schedule().factor(8)).isEqualTo(0.25);
        assertThat(recipe.schedule().factor(10)).isEqualTo(0);
        assertThatThrownBy(() -> report.change("news")).hasMessageContaining("no probe of \"news\"");
        assertThatThrownBy(() -> recipe.train(model, text, null, null, probes(), Rng.of(1), Progress.SILENT))
                .hasMessageContaining("annealing");
        assertThatThrownBy(() -> recipe.withReplay(0.5).train(model, text, null, text, probes(), Rng.of(1), Progress.SILENT))
                .hasMessageContaining("without the old text");
        assertThatThrownBy(() -> recipe.withWarmUp(6)).hasMessageContaining("6 of warm-up");
        assertThatThrownBy(() -> recipe.withReplay(1)).hasMessageContaining("replay 1.0");
    }

    @Test void mixturesHoldTheirShares() {
        var a = PackedText.of(List.of(new int[] {1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3}), 4, -1);
        var b = PackedText.of(List.of(new int[] {9, 9, 9, 9}), 4, -1);
        var mixed = PackedText.mixed(List.of(a, b), new double[] {0.8, 0.2}, 15, Rng.of(1));
        int[] first = IntStream.range(0, 15).map(r -> mixed.ids(r).toIntArray()[0]).toArray();
        for (int id = 1; id <= 3; id++) {
            int each = id;
            assertThat(Arrays.stream(first).filter(i -> i == each).count()).isEqualTo(4);
        }
        assertThat(Arrays.stream(first).filter(i -> i == 9).count()).isEqualTo(3);
        assertThat(Arrays.stream(first, 0, 12).filter(i -> i == 9).count()).isPositive();
        assertThatThrownBy(() -> PackedText.mixed(List.of(a), new double[] {1, 1}, 3, Rng.of(1))).hasMessageContaining("one share a text");
    }

    /** Domain pretraining, clause 3 and continual pretraining, clause 4. */
    @Acceptance(topic = "domain-pretraining", clause = 3)
    @Acceptance(topic = "continual-pretraining", clause = 4)
    @Tag("slow")
    @Test void newWordsShortenTheDomainAndLeaveOldLogits() {
        List<String> brown = texts(Corpora.brown(), 0, 300_000), bible = texts(Corpora.kingJames(), 0, 600_000),
                held = texts(Corpora.kingJames(), 1_500_000, 200_000), news = texts(Corpora.brown(), 1_500_000, 20_000);
        var tokenizer = BpeTrainer.byteLevel(768, PreTokenizer.GPT4).train(brown);
        var larger = BpeTrainer.extended(tokenizer, bible, 500);
        long bytes = held.stream().mapToLong(t -> t.getBytes(StandardCharsets.UTF_8).length).sum(),
                before = held.stream().mapToLong(t -> tokenizer.ids(t).length).sum(),
                after = held.stream().mapToLong(t -> larger.ids(t).length).sum();
        Evidence.of("new tokens", larger.vocabulary().size() - tokenizer.vocabulary().size(), exactly(500));
        Evidence.of("tokens per byte, change", (double) after / bytes / ((double) before / bytes) - 1, atMost(-0.10));
        for (var text : held.subList(0, 5)) assertThat(larger.decode(larger.ids(text), true)).isEqualTo(text);
        var pieces = VocabularyExtension.pieces(tokenizer, larger);
        double gap = 0, rows = 0, surprise = 0;
        for (boolean tied : new boolean[] {true, false}) {
            var model = new DecoderLM(config(768).withTied(tied), Rng.of(1));
            var text = PackedText.of(brown.stream().map(tokenizer::ids).toList(), LENGTH, -1);
            new ContinuedPretraining(TRAINER, 40).train(model, text, null, null, List.of(ScoredText.of(tokenizer.ids(news.getFirst()))),
                    Rng.of(1), Progress.SILENT);
            var extended = VocabularyExtension.of(model, pieces);
            assertThat(extended.vocabulary()).isEqualTo(1268);
            for (var line : news) { // ids of the old tokenizer: no new token is among them
                int[] ids = Arrays.copyOf(tokenizer.ids(line), LENGTH);
                var x = Tensor.of(ids, 1, LENGTH);
                Tensor old = Autograd.noGrad(() -> model.logits(x, Pass.inference())),
                        now = Autograd.noGrad(() -> extended.logits(x, Pass.inference()));
                gap = Math.max(gap, now.narrow(2, 0, 768).sub(old).abs().max().item());
                double was = Autograd.noGrad(() -> model.loss(x, Pass.inference())).item(),
                        is = Autograd.noGrad(() -> extended.loss(x, Pass.inference())).item();
                surprise = Math.max(surprise, is - was);
            }
            float[] table = extended.embedding().weight().toFloatArray(), head = extended.head().weight().toFloatArray(),
                    own = model.head().weight().toFloatArray();
            for (int i = 0; i < pieces.size(); i++) for (int d = 0; d < 32; d++) {
                double mean = 0, meanHead = 0;
                for (int id : pieces.get(i)) {
                    mean += table[id * 32 + d] / (double) pieces.get(i).length;
                    meanHead += own[id * 32 + d] / (double) pieces.get(i).length;
                }
                rows = Math.max(rows, Math.max(Math.abs(table[(768 + i) * 32 + d] - mean), Math.abs(head[(768 + i) * 32 + d] - meanHead)));
            }
        }
        Evidence.of("lines without new tokens", news.size(), atLeast(5));
        Evidence.of("old tokens' logits, largest change at step 0", gap, atMost(1e-6));
        Evidence.of("new rows less the means of their pieces", rows, atMost(1e-6));
        Evidence.of("rise of the loss by the newcomers, nats", surprise, atMost(1));
    }

    private static List<String> texts(Corpus corpus, int from, int characters) {
        int[] letters = TinyBible.letters(corpus, from, characters);
        var texts = new ArrayList<String>();
        for (int at = 0; at < letters.length; at += 2000) texts.add(new String(letters, at, Math.min(2000, letters.length - at)));
        return texts;
    }

    @Test void piecesAreSpelledThroughTheMerges() {
        var base = BpeTrainer.byteLevel(258, PreTokenizer.GPT4).train(List.of("abab abab abab"));
        var larger = BpeTrainer.extended(base, List.of("ababc ababc ababc"), 2);
        var pieces = VocabularyExtension.pieces(base, larger);
        assertThat(pieces).hasSize(larger.vocabulary().size() - 258);
        for (int i = 0; i < pieces.size(); i++) {
            var spelled = new StringBuilder();
            for (int id : pieces.get(i)) spelled.append(base.vocabulary().token(id));
            assertThat(spelled.toString()).isEqualTo(larger.vocabulary().token(258 + i));
        }
        assertThat(larger.ids("abab").length).isEqualTo(base.ids("abab").length);
        assertThatThrownBy(() -> VocabularyExtension.pieces(larger, base)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> VocabularyExtension.of(fresh(1), List.of(new int[] {500}))).hasMessageContaining("500");
        assertThat(new Schedule.Linear(4, 0.5, 0).factor(2)).isCloseTo(0.25, within(0.0));
    }
}
