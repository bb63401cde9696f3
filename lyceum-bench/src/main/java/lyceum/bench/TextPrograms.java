package lyceum.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntToDoubleFunction;
import lyceum.DType;
import lyceum.text.SentencePiece;
import lyceum.text.UnigramTrainer;
import lyceum.text.count.CountVectorizer;
import lyceum.text.count.TfIdf;
import lyceum.text.lm.NGramEstimator;
import lyceum.text.vector.FastText;

/** Text beside the programs that people use for it, each in a process of its own: SentencePiece, fastText, scikit-learn, nltk. */
final class TextPrograms {
    private static final int PIECES = 8000;
    /** Rows of n-grams on both sides: with its two million the program would write 800 MB in the time that counts. */
    private static final int BUCKETS = 200_000;
    /** nltk takes seconds for more. */
    private static final int SENTENCES = 3000, TESTS = 50;

    private final SideBySide bench;
    private final List<String> verses;

    /** @param verses a line each */
    TextPrograms(SideBySide bench, List<String> verses) {
        this.bench = bench;
        this.verses = verses;
    }

    void measure() {
        Path folder = null;
        try {
            folder = Files.createTempDirectory("lyceum-bench-text");
            measure(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            if (folder != null) delete(folder);
        }
    }

    private void measure(Path folder) throws IOException {
        var file = Files.writeString(folder.resolve("verses.txt"), String.join("\n", verses));
        unigramTraining(folder, file);
        skipGrams(folder, file);
        if (bench.threads() > 1) return;
        try (var python = PeerProcess.python("text_peer.py", 1)) {
            System.err.println("Python has " + python.call("hello", Map.of()).path("name").asString());
            python.call("load", Map.of("name", "verses", "file", file.toString()));
            pieces(folder, file, python);
            counting(python);
            kneserNey(folder, python);
        } catch (IllegalStateException e) {
            System.err.println("Rows beside Python's text libraries are left out (" + e.getMessage()
                    + "); install: sudo apt-get install python3-sentencepiece python3-nltk python3-sklearn");
        }
    }

    private static Case seconds(String name, String shape) { return new Case(name, shape, DType.I32, new Unit.Time("s", 1)).on(""); }

    private void unigramTraining(Path folder, Path file) {
        var c = seconds("Unigram, 8,000 pieces", "King James").besideCalls("spm_train", 1,
                program("sentencepiece", "spm_train", "--input=" + file, "--model_prefix=" + folder.resolve("spm"), "--model_type=unigram",
                        "--vocab_size=" + PIECES, "--num_threads=" + bench.threads(), "--minloglevel=2"));
        bench.measure(c, () -> () -> UnigramTrainer.spaced(PIECES).train(verses));
    }

    private void skipGrams(Path folder, Path file) {
        var c = seconds("skip-grams with n-grams, 100 wide, an epoch", "King James").besideCalls("fastText", 1,
                program("fasttext", "fasttext", "skipgram", "-input", file.toString(), "-output", folder.resolve("ft").toString(), "-dim",
                        "100", "-epoch", "1", "-bucket", "" + BUCKETS, "-thread", "" + bench.threads(), "-verbose", "0"));
        var learner = FastText.skipGram(100).withBuckets(BUCKETS).withEpochs(1).withThreads(bench.threads());
        bench.measure(c, () -> () -> learner.fit(verses.stream().map(v -> List.of(v.split(" "))).toList()));
    }

    private void pieces(Path folder, Path file, PeerProcess python) throws IOException {
        var model = folder.resolve("spm.model");
        if (!Files.exists(model)) program("sentencepiece", "spm_train", "--input=" + file, "--model_prefix=" + folder.resolve("spm"),
                "--model_type=unigram", "--vocab_size=" + PIECES, "--minloglevel=2").applyAsDouble(1);
        if (!Files.exists(model)) return;
        var own = SentencePiece.read(model);
        double megabytes = Files.size(file) * 1e-6;
        var c = new Case("Unigram, ids of a .model", "King James by verse", DType.U8, new Unit.Rate("MB/s", megabytes)).on("")
                .besideCalls("SentencePiece", 1.2, calls(python, "sentencepiece", Map.of("model", model.toString(), "name", "verses")));
        bench.measure(c, () -> () -> verses.stream().mapToInt(v -> own.ids(v).length).sum());
    }

    private void counting(PeerProcess python) {
        var name = Map.of("name", "verses");
        bench.measure(seconds("CountVectorizer", "31,102 verses").besideCalls("scikit-learn", 8, calls(python, "count", name)),
                () -> () -> new CountVectorizer().fitTransform(verses));
        bench.measure(seconds("counts and TF-IDF", "31,102 verses").besideCalls("scikit-learn", 8, calls(python, "tfidf", name)),
                () -> () -> {
                    var counts = new CountVectorizer().fitTransform(verses);
                    return new TfIdf().fit(counts).transform(counts);
                });
    }

    /** Fitted, and asked for the third word of some sentences. */
    private void kneserNey(Path folder, PeerProcess python) throws IOException {
        var texts = verses.stream().limit(SENTENCES).toList();
        python.call("load",
                Map.of("name", "some", "file", Files.writeString(folder.resolve("some.txt"), String.join("\n", texts)).toString()));
        var c = seconds("Kneser-Ney trigrams, fitted and asked " + TESTS + " times", SENTENCES + " verses").besideCalls("nltk", 50,
                calls(python, "kneser_ney", Map.of("name", "some", "tests", TESTS)));
        bench.measure(c, () -> () -> {
            var ids = new HashMap<String, Integer>();
            var all = new ArrayList<int[]>();
            for (var text : texts)
                all.add(Arrays.stream(text.split(" ")).mapToInt(w -> ids.computeIfAbsent(w, _ -> ids.size() + 2)).toArray());
            var model = new NGramEstimator(3, ids.size() + 2).withMarks(0, 1).fit(all);
            double sum = 0;
            for (var text : all.subList(0, TESTS)) if (text.length > 2) sum += model.probability(text[2], text[0], text[1]);
            return sum;
        });
    }

    private static IntToDoubleFunction calls(PeerProcess python, String function, Map<String, ?> arguments) {
        return calls -> {
            var all = new HashMap<String, Object>(arguments);
            all.put("calls", calls);
            return python.call(function, all).path("seconds").asDouble();
        };
    }

    /** From the program's start to its end; NaN where it is not installed or fails. */
    private static IntToDoubleFunction program(String debian, String... command) {
        return calls -> {
            long start = System.nanoTime();
            for (int i = 0; i < calls; i++) {
                try {
                    var process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start();
                    if (process.waitFor() != 0) return Double.NaN;
                } catch (IOException e) {
                    System.err.println("No " + command[0] + "; install: sudo apt-get install " + debian);
                    return Double.NaN;
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return Double.NaN;
                }
            }
            return (System.nanoTime() - start) * 1e-9;
        };
    }

    private static void delete(Path folder) {
        try (var files = Files.walk(folder)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) Files.delete(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
