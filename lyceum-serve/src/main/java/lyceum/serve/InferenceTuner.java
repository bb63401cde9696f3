package lyceum.serve;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.backend.quant.BlockFormat;
import lyceum.llm.DecoderLM;
import lyceum.memory.Scope;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.progress.Progress;
import lyceum.serve.schedule.BlockPool;
import lyceum.serve.schedule.SchedulerOptions;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * What each way to make inference cheaper brings on one's own model and prompts: writes the same texts with switches on and off, and counts and times.
 *
 * {@snippet :
 * var tuner = new InferenceTuner(model, prompts, 32);
 * for (var one : tuner.waterfall(Progress.SILENT)) System.out.println(one.on() + " " + one.tokensPerSecond());
 * }
 *
 * <p>The naive run computes the whole text anew for each id, one text at a time, attention in single operations. All runs are greedy, so that texts can be compared.
 *
 * @param model the weights as they are
 * @param prompts at least one
 * @param most ids that are written behind each
 * @param format of weights where they are quantised
 * @param batch texts at once where they are batched
 * @param guesses that speculation checks at once
 * @param blockSize of pages
 */
@Withers
public record InferenceTuner(DecoderLM model, List<int[]> prompts, int most, BlockFormat format, int batch, int guesses, int blockSize)
        implements InferenceTunerWithers {
    /** One way. Those behind {@link #KV_CACHE} but {@link #FUSION} and {@link #BATCHING} need it. */
    public enum Switch {
        /** Keys and values of earlier positions are kept. Lossless. */
        KV_CACHE(true),
        /** Several texts at once. Lossless. */
        BATCHING(true),
        /** Attention is one kernel, weights are packed for it. Lossless. */
        FUSION(true),
        /** Beginnings that were computed are used again. Lossless. */
        PREFIX_REUSE(true),
        /** Guesses of what the text repeats are checked in one pass. Lossless. */
        SPECULATION(true),
        /** Weights in few bits. */
        QUANTISED_WEIGHTS(false),
        /** Keys and values in eight bits. */
        QUANTISED_CACHE(false);

        private final boolean lossless;

        Switch(boolean lossless) { this.lossless = lossless; }

        /** Whether texts stay what they are, rounding of near-ties apart. */
        public boolean isLossless() { return lossless; }
    }

    /**
     * One run.
     *
     * @param on switches
     * @param texts that were written, without prompts
     * @param seconds of all texts
     * @param computedTokens ids that passes read
     * @param passes of the model
     * @param weightBytes of the linear layers' weights, as one pass reads them
     * @param cacheBytes of keys and values that passes read
     * @param accepted guesses that were right
     */
    public record Measured(Set<Switch> on, List<int[]> texts, double seconds, long computedTokens, long passes, long weightBytes,
            long cacheBytes, long accepted) {
        public long tokens() { return texts.stream().mapToLong(t -> t.length).sum(); }

        public double tokensPerSecond() { return tokens() / seconds; }

        /** Of weights and caches, over all passes. */
        public long bytesRead() { return passes * weightBytes + cacheBytes; }

        /** Texts that are not another run's. */
        public int different(Measured other) {
            int different = 0;
            for (int i = 0; i < texts.size(); i++) if (!Arrays.equals(texts.get(i), other.texts.get(i))) different++;
            return different;
        }
    }

    public InferenceTuner {
        prompts = List.copyOf(prompts);
        if (prompts.isEmpty() || most < 1 || batch < 1 || guesses < 1 || blockSize < 1)
            throw new IllegalArgumentException("InferenceTuner: " + prompts.size() + " prompts, " + most + " ids each, batches of " + batch
                    + ", " + guesses + " guesses and blocks of " + blockSize + "; each is at least 1");
        for (var prompt : prompts)
            if (prompt.length == 0 || prompt.length + most - 1 > model.contextLength())
                throw new IllegalArgumentException("InferenceTuner: a prompt of " + prompt.length + " ids and " + most
                        + " behind it, in a context of " + model.contextLength());
    }

    /** Weights as Q8_0, 16 texts at once, 4 guesses, blocks of 16. */
    public InferenceTuner(DecoderLM model, List<int[]> prompts, int most) { this(model, prompts, most, BlockFormat.Q8_0, 16, 4, 16); }

    /** Without switches, then with one more each time, in their order. */
    public List<Measured> waterfall(Progress progress) {
        var on = EnumSet.noneOf(Switch.class);
        var all = new ArrayList<>(List.of(run(on)));
        for (var one : Switch.values()) {
            progress.step("switches", all.size(), Switch.values().length + 1);
            on.add(one);
            all.add(run(on));
        }
        return all;
    }

    /** With all switches but one, for each: what it brings beside the others. */
    public List<Measured> leaveOneOut(Progress progress) {
        var all = new ArrayList<Measured>();
        for (var one : Switch.values()) {
            progress.step("switches", all.size(), Switch.values().length);
            var on = EnumSet.allOf(Switch.class);
            on.remove(one);
            if (one == Switch.KV_CACHE) on.removeAll(EnumSet.of(Switch.PREFIX_REUSE, Switch.SPECULATION, Switch.QUANTISED_CACHE));
            all.add(run(on));
        }
        return all;
    }

    /** One run. @throws IllegalArgumentException if a switch that needs the cache is on without it */
    public Measured run(Set<Switch> switches) {
        var on = EnumSet.noneOf(Switch.class);
        on.addAll(switches);
        for (var one : List.of(Switch.PREFIX_REUSE, Switch.SPECULATION, Switch.QUANTISED_CACHE))
            if (on.contains(one) && !on.contains(Switch.KV_CACHE))
                throw new IllegalArgumentException("InferenceTuner: " + one + " goes with KV_CACHE; switch it on too");
        var prepared = prepared(on);
        return on.contains(Switch.KV_CACHE) ? cached(prepared, on) : recomputed(prepared, on);
    }

    private DecoderLM prepared(Set<Switch> on) {
        var method = on.contains(Switch.FUSION) ? Attention.Method.AUTO : Attention.Method.NAIVE;
        var config = model.config().eachBlock(b -> b.masked(b.attention().attention().withMethod(method)));
        var same = Module.with(DecoderLM.skeleton(config), model.state());
        if (on.contains(Switch.QUANTISED_WEIGHTS)) same.pack(format);
        else if (on.contains(Switch.FUSION)) same.pack();
        return same;
    }

    private static long weightBytes(DecoderLM model) {
        return model.modules().values().stream().mapToLong(m -> m instanceof Linear linear ? linear.weightBytes() : 0).sum();
    }

    private Measured cached(DecoderLM model, Set<Switch> on) {
        int rows = on.contains(Switch.BATCHING) ? batch : 1, longest = prompts.stream().mapToInt(p -> p.length).max().orElseThrow() + most;
        int blocks = (rows + (on.contains(Switch.PREFIX_REUSE) ? prompts.size() : 1)) * (Math.ceilDiv(longest, blockSize) + 1);
        var scheduler = new SchedulerOptions().withMaxRunning(rows).withChunk(SchedulerOptions.WHOLE).withTokenBudget(rows * longest);
        var options = new EngineOptions().withScheduler(scheduler).withBlocks(blocks).withBlockSize(blockSize)
                .withReuse(on.contains(Switch.PREFIX_REUSE)).withGuesses(on.contains(Switch.SPECULATION) ? guesses : 0)
                .withStored(on.contains(Switch.QUANTISED_CACHE) ? DType.I8 : model.config().dtype()).withQueue(prompts.size());
        try (var engine = new Engine(model, null, options)) {
            long started = System.nanoTime();
            var replies = engine.submit(prompts.stream().map(p -> Request.greedy(p, most)).toList());
            var texts = replies.stream().map(r -> r.get().ids()).toList();
            double seconds = 1e-9 * (System.nanoTime() - started);
            var metrics = engine.metrics();
            return new Measured(Set.copyOf(on), texts, seconds, metrics.computedTokens(), metrics.steps(), weightBytes(model),
                    metrics.readPositions() * engine.positionBytes(), metrics.accepted());
        }
    }

    private Measured recomputed(DecoderLM model, Set<Switch> on) {
        int rows = on.contains(Switch.BATCHING) ? batch : 1;
        var texts = new ArrayList<int[]>();
        long started = System.nanoTime(), computed = 0, passes = 0;
        for (int from = 0; from < prompts.size(); from += rows) {
            var group = new ArrayList<>(prompts.subList(from, Math.min(prompts.size(), from + rows)));
            int end = model.endMark();
            var open = new boolean[group.size()];
            Arrays.fill(open, true);
            for (int step = 0; step < most; step++) {
                var live = new ArrayList<Integer>();
                for (int r = 0; r < open.length; r++) if (open[r]) live.add(r);
                if (live.isEmpty()) break;
                int longest = live.stream().mapToInt(r -> group.get(r).length).max().orElseThrow();
                var ids = new int[live.size() * longest];
                for (int i = 0; i < live.size(); i++)
                    System.arraycopy(group.get(live.get(i)), 0, ids, i * longest, group.get(live.get(i)).length);
                var next = new int[live.size()];
                try (var scope = Scope.open("recomputed step")) {
                    Autograd.noGrad(() -> {
                        var hidden = model.hidden(Tensor.of(ids, live.size(), longest), Pass.inference());
                        for (int i = 0; i < next.length; i++) {
                            var z = model.unembedded(hidden.get(i, group.get(live.get(i)).length - 1), Pass.inference());
                            next[i] = largest(model, z.to(DType.F32).toFloatArray());
                        }
                    });
                }
                passes++;
                for (int i = 0; i < next.length; i++) {
                    int r = live.get(i);
                    computed += group.get(r).length;
                    group.set(r, Arrays.copyOf(group.get(r), group.get(r).length + 1));
                    group.get(r)[group.get(r).length - 1] = next[i];
                    open[r] = next[i] != end;
                }
            }
            for (int r = 0; r < group.size(); r++)
                texts.add(Arrays.copyOfRange(group.get(r), prompts.get(from + r).length, group.get(r).length));
        }
        return new Measured(Set.copyOf(on), texts, 1e-9 * (System.nanoTime() - started), computed, passes, weightBytes(model), 0, 0);
    }

    /** As an engine's greedy request chooses: never the start mark, unless it is the end mark as well. */
    private static int largest(DecoderLM model, float[] logits) {
        int best = -1;
        for (int i = 0; i < logits.length; i++) {
            if (i == model.startMark() && i != model.endMark()) continue;
            if (best < 0 || logits[i] > logits[best]) best = i;
        }
        return best;
    }

    /** Perplexity of texts, each of them read in one pass through the cache: what quantisation costs. */
    public double perplexity(List<int[]> texts, Set<Switch> on) {
        var prepared = prepared(on);
        double sum = 0;
        long count = 0;
        for (var text : texts) {
            var pool = new BlockPool(Math.ceilDiv(text.length, blockSize), blockSize);
            var runner = new ModelRunner(prepared, null, pool, on.contains(Switch.QUANTISED_CACHE) ? DType.I8 : model.config().dtype());
            var table = pool.open(text.length);
            table.grow(text.length);
            var all = new int[text.length - 1];
            for (int i = 0; i < all.length; i++) all[i] = i;
            float[] z = runner.logits(text, List.of(new PagedKvCache.Piece(table, 0, text.length)), all, null);
            var logs = Autograd.noGrad(() -> Tensor.of(z, all.length, model.vocabulary()).to(DType.F64).logSoftmax(-1).toDoubleArray());
            for (int i = 0; i < all.length; i++) sum -= logs[i * model.vocabulary() + text[i + 1]];
            count += all.length;
        }
        return Math.exp(sum / count);
    }
}
