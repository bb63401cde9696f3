package lyceum.data.curation;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import lyceum.backend.Parallel;
import lyceum.data.Split;
import lyceum.data.corpus.Corpus;
import lyceum.data.corpus.CorpusReader;
import lyceum.data.corpus.Document;
import lyceum.data.corpus.Malformed;
import lyceum.data.corpus.Words;
import lyceum.data.dedup.Deduplication;
import lyceum.data.dedup.Deduplicator;
import lyceum.data.dedup.MinHashLsh;

/**
 * Conversations for instruction tuning: read, checked, freed of copies, divided, written.
 *
 * {@snippet :
 * var data = InstructionDataset.read(Path.of("alpaca.jsonl"), ConversationFormat.ALPACA, skipped::add);
 * var good = data.withoutDefects((conversation, findings) -> log(conversation.id(), findings)).withoutNearCopies(0.7);
 * var parts = good.split(1, 0.7, 0.95, 0.05);
 * parts.get(0).write(Path.of("train.jsonl"), ConversationFormat.MESSAGES, (conversation, reason) -> log(conversation.id(), reason));
 * }
 *
 * @param conversations in order; held in memory
 */
public record InstructionDataset(List<Conversation> conversations) {
    private static final int SHINGLE = 3;

    public InstructionDataset { conversations = List.copyOf(conversations); }

    /** What conversations of a dataset are like: lengths in words, and the first word of each instruction, which mostly names the task. */
    public record Card(int conversations, double meanTurns, int medianPrompt, int medianAnswer, int longestAnswer,
            Map<String, Integer> tasks) {}

    /** Reads a file, a conversation a line. @param onMalformed hears of lines that are none, by their numbers */
    public static InstructionDataset read(Path file, ConversationFormat format, Consumer<Malformed> onMalformed) {
        var conversations = new ArrayList<Conversation>();
        new CorpusReader().withOnMalformed(onMalformed).lines(file).forEach(line -> {
            try {
                conversations.add(format.read(line.text(), line.id()));
            } catch (IllegalArgumentException e) {
                int colon = line.id().lastIndexOf(':');
                onMalformed.accept(
                        new Malformed(line.id().substring(0, colon), Long.parseLong(line.id().substring(colon + 1)), e.getMessage()));
            }
        });
        return new InstructionDataset(conversations);
    }

    /** Writes a file. @param onRejected hears of conversations for which the format has no words, and why */
    public void write(Path file, ConversationFormat format, BiConsumer<Conversation, String> onRejected) {
        try (var out = Files.newBufferedWriter(file, StandardCharsets.UTF_8)) {
            for (var conversation : conversations) {
                var problem = format.problem(conversation);
                if (problem != null) onRejected.accept(conversation, problem);
                else out.append(format.write(conversation)).append('\n');
            }
        } catch (IOException e) {
            throw new UncheckedIOException("InstructionDataset.write: cannot write " + file, e);
        }
    }

    /** How many there are. */
    public int size() { return conversations.size(); }

    /** What is wrong with each conversation, in order; checked in parallel. */
    public List<List<ConversationCheck.Finding>> check() {
        var check = new ConversationCheck();
        List<List<ConversationCheck.Finding>> findings = new ArrayList<>(Collections.nCopies(size(), List.of()));
        Parallel.range(size(), 16, (from, to) -> {
            for (long i = from; i < to; i++) findings.set((int) i, check.check(conversations.get((int) i)));
        });
        return findings;
    }

    /** Without the conversations in which something is wrong; {@code onRejected} hears what. */
    public InstructionDataset withoutDefects(BiConsumer<Conversation, List<ConversationCheck.Finding>> onRejected) {
        var findings = check();
        var kept = new ArrayList<Conversation>();
        for (int i = 0; i < size(); i++) {
            if (findings.get(i).isEmpty()) kept.add(conversations.get(i));
            else onRejected.accept(conversations.get(i), findings.get(i));
        }
        return new InstructionDataset(kept);
    }

    /** Copies and near copies among the prompts, by sets of three words in a row. */
    public Deduplication nearCopies(double threshold) {
        var prompts = Corpus.of(conversations.stream().map(conversation -> Document.of(conversation.id(), conversation.prompt())).toList());
        return new Deduplicator().withShingle(SHINGLE).withThreshold(threshold).withLsh(new MinHashLsh(40, 4)).deduplicate(prompts);
    }

    /** Of conversations whose prompts are alike, one: that of the longest prompt. @param threshold Jaccard similarity, such as 0.7 */
    public InstructionDataset withoutNearCopies(double threshold) {
        var gone = nearCopies(threshold).droppedIds();
        return new InstructionDataset(conversations.stream().filter(conversation -> !gone.contains(conversation.id())).toList());
    }

    /**
     * Parts of about these shares, by hash. Conversations whose prompts are alike, or are linked by others that are, fall into one part, so that no test
     * question stands in the training data in other words.
     *
     * @param threshold Jaccard similarity from which prompts are alike
     */
    public List<InstructionDataset> split(long salt, double threshold, double... shares) {
        var cluster = nearCopies(threshold).clusterOf();
        var parts = new ArrayList<List<Conversation>>();
        for (int p = 0; p < shares.length; p++) parts.add(new ArrayList<>());
        for (var conversation : conversations)
            parts.get(Split.partByKey(cluster.getOrDefault(conversation.id(), conversation.id()), salt, shares)).add(conversation);
        return parts.stream().map(InstructionDataset::new).toList();
    }

    /** Statistics. */
    public Card card() {
        int n = size();
        int[] prompts = new int[n], answers = new int[n];
        var tasks = new TreeMap<String, Integer>();
        double turns = 0;
        for (int i = 0; i < n; i++) {
            var words = Words.of(conversations.get(i).prompt());
            prompts[i] = words.count();
            answers[i] = Words.of(conversations.get(i).answer()).count();
            turns += conversations.get(i).messages().size();
            if (words.count() > 0) tasks.merge(words.word(0).toLowerCase(Locale.ROOT), 1, Integer::sum);
        }
        Arrays.sort(prompts);
        Arrays.sort(answers);
        return new Card(n, n == 0 ? 0 : turns / n, n == 0 ? 0 : prompts[n / 2], n == 0 ? 0 : answers[n / 2], n == 0 ? 0 : answers[n - 1],
                tasks);
    }
}
