package lyceum.llm.eval;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToIntFunction;
import lyceum.data.corpus.Corpora;
import lyceum.llm.TinyBible;
import lyceum.llm.eval.Ruler.Task;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.text.BpeTrainer;
import lyceum.text.ByteTokenizer;
import lyceum.text.PreTokenizer;
import org.junit.jupiter.api.Test;

class RulerTest {
    private static final String TOPIC = "long-context-recipes";

    private static List<ToIntFunction<String>> counters() {
        int[] letters = TinyBible.letters(Corpora.kingJames(), 0, 100_000);
        var bpe = BpeTrainer.byteLevel(1000, PreTokenizer.GPT4).train(List.of(new String(letters, 0, letters.length)));
        var bytes = new ByteTokenizer();
        return List.of(t -> bytes.ids(t).length, t -> bpe.ids(t).length, t -> t.split("\\s+").length);
    }

    /** Clause 1: all tasks, three tokenisers, lengths up to 4,000 tokens. */
    @Acceptance(topic = TOPIC, clause = 1)
    @Test void theOracleSolvesItemsOfTheLengthAskedFor() {
        var counters = counters();
        int items = 0, solved = 0, longer = 0, shorter = 0;
        double random = 0;
        for (int i = 0; i < 1000; i++) {
            var rng = Rng.of(i);
            var task = Task.values()[i % Task.values().length];
            int tokens = (i % 3 == 1 ? 300 : 500) + rng.nextInt(i % 20 == 0 ? 3500 : 500);
            var count = counters.get(i % 3);
            var item = new Ruler(count, 2 + rng.nextInt(4), 1 + rng.nextInt(4)).item(task, tokens, rng);
            int length = count.applyAsInt(item.text());
            if (length > tokens) longer++;
            if (length < tokens - Math.max(1, tokens / 100)) shorter++;
            var said = RulerReaders.oracle().answer(item.text()).split(" ");
            Arrays.sort(said);
            if (item.answers().stream().sorted().toList().equals(List.of(said))) solved++;
            random += Ruler.score(item, "100000 baba") / 1000;
            items++;
        }
        Evidence.of("items", items, exactly(1000));
        Evidence.of("of which the oracle says all answers and nothing else", solved, exactly(1000));
        Evidence.of("longer than asked for", longer, exactly(0));
        Evidence.of("shorter by more than a token and 1%", shorter, exactly(0));
        Evidence.of("score of a fixed answer", random, atMost(0.05));
    }

    /** The oracle says nothing beyond what is wanted: its answers are as many as the item's. */
    @Test void answersAreExact() {
        for (int i = 0; i < 210; i++) {
            var task = Task.values()[i % Task.values().length];
            var item = new Ruler(t -> t.split("\\s+").length).item(task, 800, Rng.of(i));
            var said = List.of(RulerReaders.oracle().answer(item.text()).split(" "));
            assertThat(said).containsExactlyInAnyOrderElementsOf(item.answers());
            assertThat(item.answers()).hasSize(switch (task) {
                case SINGLE, MULTI_KEY, QUESTION -> 1;
                case COMMON_WORDS, FREQUENT_WORDS -> 3;
                case MULTI_VALUE, TRACKING -> 4;
            });
        }
    }

    /** Clause 2. */
    @Acceptance(topic = TOPIC, clause = 2)
    @Test void copyingTheNearestMatchIsNotEnough() {
        var ruler = new Ruler(t -> t.split("\\s+").length);
        var single = new ArrayList<Double>();
        var scores = new double[Task.values().length];
        for (int words : new int[] {3, 4, 5}) for (int copied : new int[] {1, 3}) {
            var one = ruler.run(RulerReaders.nearestMatch(words, copied), new int[] {500, 1000}, 40, Rng.of(words), Progress.SILENT);
            for (var task : Task.values())
                for (double score : one[task.ordinal()]) scores[task.ordinal()] = Math.max(scores[task.ordinal()], score);
            for (double score : one[Task.SINGLE.ordinal()]) single.add(score);
        }
        Evidence.of("single needle, least score", single.stream().mapToDouble(s -> s).min().orElseThrow(), atLeast(0.95));
        Evidence.of("three hops, best score of six settings", scores[Task.TRACKING.ordinal()], atMost(0.25));
        Evidence.of("common words, best score", scores[Task.COMMON_WORDS.ordinal()], atMost(0.25));
        Evidence.of("frequent words, best score", scores[Task.FREQUENT_WORDS.ordinal()], atMost(0.25));
        assertThat(scores[Task.MULTI_KEY.ordinal()]).isGreaterThan(0.9);
    }

    @Test void badInputIsNamed() {
        var ruler = new Ruler(String::length);
        assertThatThrownBy(() -> ruler.item(Task.SINGLE, 20, Rng.of(1))).hasMessageContaining("20 tokens");
        assertThatThrownBy(() -> ruler.item(Task.COMMON_WORDS, 20, Rng.of(1))).hasMessageContaining("20 tokens");
        assertThatThrownBy(() -> ruler.withHops(0)).hasMessageContaining("0 hops");
        assertThatThrownBy(() -> RulerReaders.nearestMatch(0, 1)).hasMessageContaining("0 words");
        assertThat(ruler.item(Task.TRACKING, 900, Rng.of(1)).text()).isEqualTo(ruler.item(Task.TRACKING, 900, Rng.of(1)).text());
    }
}
