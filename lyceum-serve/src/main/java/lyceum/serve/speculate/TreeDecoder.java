package lyceum.serve.speculate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.llm.Continuation;
import lyceum.llm.DecoderLM;
import lyceum.llm.TextGenerator;
import lyceum.llm.generate.GenerationRequest;
import lyceum.llm.generate.LogitRow;
import lyceum.llm.generate.SamplingOptions;
import lyceum.llm.generate.StopCriteria;
import lyceum.llm.generate.WrittenText;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.text.Tokenizer;
import lyceum.withers.Withers;

/**
 * Writes with a target model several tokens a pass, by trees of guesses: one pass with a tree's mask gives the logits behind every node, an id is drawn behind the text as
 * ever, and while the tree has a child with that id the walk goes on there. So each id is drawn from the target's own distribution, through the request's whole chain:
 * nothing is lost, whatever was guessed.
 *
 * {@snippet :
 * var decoder = new TreeDecoder(model, heads).withSampling(SamplingOptions.greedy());
 * var speculation = decoder.run(List.of(new GenerationRequest(prompt, SamplingOptions.greedy(), new StopCriteria(200), rng)), Progress.SILENT);
 * }
 *
 * <p>{@linkplain #typical Typical acceptance} takes a guess without a draw if its probability is above {@code min(epsilon, delta exp(-H))}, H the entropy: faster, and
 * another distribution. Texts are written one after another. Safe to share between threads.
 *
 * @param target whose texts they are; of attention with rotary positions or none
 * @param source of guesses
 * @param tokenizer for texts and stop strings; null if ids are enough
 * @param typical null for the lossless rule
 * @param sampling of texts that say nothing else
 * @param stop of texts that say nothing else
 * @see <a href="https://arxiv.org/abs/2401.10774">Cai et al. (2024), sections 2.2 and 2.3</a>
 */
@Withers
public record TreeDecoder(DecoderLM target, TreeSource source, Tokenizer tokenizer, Typical typical, SamplingOptions sampling,
        StopCriteria stop) implements TextGenerator, TreeDecoderWithers {

    /**
     * Medusa's rule.
     *
     * @param epsilon probability that is always enough
     * @param delta share of {@code exp(-H)} that is enough
     */
    public record Typical(double epsilon, double delta) {
        public Typical {
            if (!(epsilon > 0 && epsilon <= 1 && delta > 0))
                throw new IllegalArgumentException("Typical: epsilon " + epsilon + " and delta " + delta + "; above 0, epsilon 1 at most");
        }

        boolean takes(double[] p, int id) {
            double entropy = 0;
            for (double x : p) if (x > 0) entropy -= x * Math.log(x);
            return p[id] > Math.min(epsilon, delta * Math.exp(-entropy));
        }
    }

    /** Lossless, the model's own distribution, 256 ids at most. */
    public TreeDecoder(DecoderLM target, TreeSource source) {
        this(target, source, null, null, SamplingOptions.DEFAULT, new StopCriteria(256));
    }

    @Override public List<Continuation> generate(List<int[]> prompts, int count, Rng rng, Progress progress) {
        var requests = new ArrayList<GenerationRequest>();
        for (int p = 0; p < prompts.size(); p++)
            for (int c = 0; c < count; c++)
                requests.add(new GenerationRequest(prompts.get(p), sampling, stop, rng.split((long) p * count + c)));
        return run(requests, progress).texts();
    }

    /** Requests of any kind, one after another. @throws lyceum.progress.CancelledException if the progress says so */
    public Speculation run(List<GenerationRequest> requests, Progress progress) {
        var statistics = new SpeculationStatistics(0, 0, 0, 0, 0);
        var texts = new ArrayList<Continuation>();
        for (var request : requests) {
            var one = new Writing(texts.size(), request);
            while (!one.text.isFinished()) one.pass();
            var s = one.statistics;
            statistics = statistics.plus(s.tokens(), s.passes(), s.drafted(), s.tested(), s.accepted());
            texts.add(one.text.continuation());
            progress.step("speculation", texts.size(), requests.size());
        }
        return new Speculation(texts, statistics);
    }

    private final class Writing {
        final WrittenText text;
        private final TreeDecoding decoding = new TreeDecoding(target);
        private final TreeSource.Session session = source.start(target);
        private final LogitRow row = new LogitRow(target.vocabulary());
        private final long started = System.nanoTime();
        SpeculationStatistics statistics = new SpeculationStatistics(0, 0, 0, 0, 0);

        Writing(int index, GenerationRequest request) {
            text = new WrittenText(index, target, tokenizer, request);
            var prompt = text.prompt();
            if (prompt.length == 1) return;
            var read = Arrays.copyOf(prompt, prompt.length - 1);
            var output = decoding.read(TokenTree.chain(read));
            decoding.keep(IntStream.range(0, read.length).toArray());
            session.advance(read, output.hidden(), prompt[read.length], null, null);
        }

        void pass() {
            int room = (int) Math.min(Integer.MAX_VALUE, target.contextLength() - decoding.length() - 1);
            var tree = session.propose(text.last(), room);
            var output = decoding.read(tree);
            double[][] logits = output.logits().toRows();
            int before = text.history().size();
            int[] path = walk(text, row, tree, logits, typical, started);
            int tokens = text.history().size() - before;
            statistics = statistics.plus(tokens, 1, tree.size() - 1, tokens, path.length - 1);
            if (text.isFinished()) return;
            decoding.keep(path);
            session.advance(tree.ids(path), output.hidden().rows(path), text.last(), tree, output);
        }
    }

    /** Writes what the target says behind the nodes of a path, while the tree goes along; gives the path. Nodes with equal paths are one. */
    static int[] walk(WrittenText text, LogitRow row, TokenTree tree, double[][] logits, Typical typical, long started) {
        var here = new boolean[tree.size()];
        here[0] = true;
        for (int node = 0;;) {
            row.load(logits[node]);
            text.prepare(row);
            int id = typical == null ? row.draw(text.stream()) : typicalOrDrawn(row, tree, here, typical, text.stream());
            text.take(row, id, logits[node][id], System.nanoTime() - started);
            var next = new boolean[tree.size()];
            int child = -1;
            for (int i = tree.size() - 1; i > node; i--) if (here[tree.parents()[i]] && tree.ids()[i] == id) next[child = i] = true;
            if (child < 0 || text.isFinished()) return tree.path(node);
            node = child;
            here = next;
        }
    }

    private static int typicalOrDrawn(LogitRow row, TokenTree tree, boolean[] here, Typical typical, Rng stream) {
        double[] p = row.probabilities();
        int best = -1;
        for (int i = 1; i < tree.size(); i++)
            if (here[tree.parents()[i]] && typical.takes(p, tree.ids()[i]) && (best < 0 || p[tree.ids()[i]] > p[best]))
                best = tree.ids()[i];
        return best >= 0 ? best : row.draw(stream);
    }
}
