package lyceum.labs.data;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import lyceum.autograd.Autograd;
import lyceum.data.corpus.Corpora;
import lyceum.data.corpus.Corpus;
import lyceum.data.corpus.Document;
import lyceum.data.corpus.Words;
import lyceum.data.dedup.Deduplicator;
import lyceum.memory.Scope;
import lyceum.nn.Embedding;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.loss.CrossEntropy;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a language model repeats word by word is what it has read ten times. */
@Tag("slow")
class CanaryTest {
    private static final int VOCABULARY = 400, CONTEXT = 4, CANARIES = 40, LENGTH = 10, STEPS = 2000, BATCH = 64, WIDTH = 16, HIDDEN = 128;

    /** Words by their rank among the most frequent; 0 for all others. */
    private static Map<String, Integer> vocabulary(List<Document> documents) {
        var counts = new HashMap<String, Integer>();
        for (var document : documents) for (var word : words(document.text())) counts.merge(word, 1, Integer::sum);
        var names = counts.keySet().stream().sorted(Comparator.comparing((String word) -> -counts.get(word)).thenComparing(word -> word))
                .limit(VOCABULARY - 1).toList();
        var numbers = new TreeMap<String, Integer>();
        for (int i = 0; i < names.size(); i++) numbers.put(names.get(i), i + 1);
        return numbers;
    }

    private static List<String> words(String text) {
        var words = Words.of(text);
        var list = new ArrayList<String>();
        for (int i = 0; i < words.count(); i++) list.add(words.word(i).toLowerCase(Locale.ROOT));
        return list;
    }

    private static final class Model {
        final Rng rng = Rng.of(5);
        final Embedding embedding = new Embedding(VOCABULARY, WIDTH, rng);
        final Mlp mlp = new Mlp(MlpConfig.classifier(CONTEXT * WIDTH, VOCABULARY, HIDDEN), rng);

        Tensor logits(Tensor contexts) { return mlp.forward(embedding.forward(contexts).reshape(contexts.size(0), CONTEXT * WIDTH)); }

        void learn(int[][] positions) {
            var parameters = new LinkedHashMap<String, Tensor>();
            embedding.parameters().forEach((name, value) -> parameters.put("embedding." + name, value));
            mlp.parameters().forEach((name, value) -> parameters.put("mlp." + name, value));
            var optimizer = new Adam(3e-3).over(parameters);
            for (int step = 0; step < STEPS; step++) {
                try (var scope = Scope.open()) {
                    int[] contexts = new int[BATCH * CONTEXT], next = new int[BATCH];
                    for (int b = 0; b < BATCH; b++) {
                        var position = positions[rng.nextInt(positions.length)];
                        System.arraycopy(position, 0, contexts, b * CONTEXT, CONTEXT);
                        next[b] = position[CONTEXT];
                    }
                    optimizer.zeroGrad();
                    new CrossEntropy().of(logits(Tensor.of(contexts, BATCH, CONTEXT)), Tensor.of(next)).backward();
                    optimizer.step();
                }
            }
        }

        boolean completes(int[] canary) {
            var context = Arrays.copyOf(canary, CONTEXT);
            for (int at = CONTEXT; at < canary.length; at++) {
                var input = context;
                int word = (int) Autograd.noGrad(() -> logits(Tensor.of(input, 1, CONTEXT)).argmax(-1)).item();
                if (word != canary[at]) return false;
                context = Arrays.copyOfRange(Arrays.copyOf(context, CONTEXT + 1), 1, CONTEXT + 1);
                context[CONTEXT - 1] = word;
            }
            return true;
        }
    }

    @Test
    @Acceptance(topic = "pretraining-dedup", clause = 3) void canariesAreCompletedFarMoreOftenBeforeDeduplication() {
        var rng = Rng.of(3);
        var background = Corpora.kingJames().limit(60).toList();
        var numbers = vocabulary(background);
        var names = new ArrayList<>(numbers.keySet());
        var documents = new ArrayList<>(background);
        var canaries = new ArrayList<int[]>();
        for (int c = 0; c < CANARIES; c++) {
            var text = new StringBuilder();
            var canary = new int[LENGTH];
            for (int i = 0; i < LENGTH; i++) {
                var word = names.get(rng.nextInt(names.size()));
                canary[i] = numbers.get(word);
                text.append(word).append(' ');
            }
            canaries.add(canary);
            for (int copy = 0; copy < 10; copy++) documents.add(Document.of("canary" + c + "-" + copy, text.toString()));
        }
        var deduplicated = new Deduplicator().deduplicate(Corpus.of(documents)).kept().toList();
        int before = completed(documents, numbers, canaries), after = completed(deduplicated, numbers, canaries);
        Evidence.of("canaries", canaries.size(), exactly(40));
        Evidence.of("documents that deduplication drops", documents.size() - deduplicated.size(), exactly(360));
        Evidence.of("canaries completed before", before, atLeast(20));
        Evidence.of("completed after, as a share of that", after / (double) before, atMost(0.2));
    }

    private static int completed(List<Document> documents, Map<String, Integer> numbers, List<int[]> canaries) {
        var positions = new ArrayList<int[]>();
        for (var document : documents) {
            var words = words(document.text()).stream().mapToInt(word -> numbers.getOrDefault(word, 0)).toArray();
            for (int i = CONTEXT; i < words.length; i++) positions.add(Arrays.copyOfRange(words, i - CONTEXT, i + 1));
        }
        var model = new Model();
        model.learn(positions.toArray(int[][]::new));
        return (int) canaries.stream().filter(model::completes).count();
    }
}
