package lyceum.llm;

import java.util.LinkedHashMap;
import java.util.function.IntFunction;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.nn.Embedding;
import lyceum.nn.EmbeddingConfig;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.MixerState;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.SequenceLayout;
import lyceum.nn.Skeleton;
import lyceum.nn.TransformerDecoder;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A decoder-only transformer as a language model, of every family that a {@link DecoderConfig} can say.
 *
 * {@snippet :
 * var model = new DecoderLM(DecoderConfig.llama(512, 256, 2, 64, 4, 2, 172), Rng.of(1));
 * Tensor loss = new CausalLmLoss().of(model.forward(ids, Pass.training(rng)), labels);
 * var drawn = model.sample(new int[] {1, 2}, 20, new Temperature(0.8), Rng.of(2));
 * long llama7b = DecoderLM.skeleton(DecoderConfig.llama(32_000, 4096, 32, 4096, 32, 32, 11_008)).parameterCount();  // 6,738,415,616
 * }
 *
 * <p>Children: {@code embed}, {@code decoder} ({@code layers.0 ..}, {@code norm}, {@code positions}) and {@code head}, whose weight is the embedding's where the two are
 * tied. Inference packs weights on {@link #pack}. Safe to share between threads; a {@link CausalLM.Decoding} is not.
 *
 * @see <a href="https://cdn.openai.com/better-language-models/language_models_are_unsupervised_multitask_learners.pdf">Radford et al. (2019)</a>
 * @see <a href="https://arxiv.org/abs/2302.13971">Touvron et al. (2023)</a>
 */
public final class DecoderLM extends Module implements CausalLM {
    private final DecoderConfig config;
    private final Embedding embed;
    private final TransformerDecoder decoder;
    private final Linear head;

    public DecoderLM(DecoderConfig config, Rng rng) {
        this.config = config;
        var init = Init.normal(config.deviation());
        embed = new Embedding(new EmbeddingConfig(config.vocabulary(), config.width()).withDtype(config.dtype()).withInit(init), rng);
        decoder = new TransformerDecoder(config.blocks(), rng);
        var bias = config.headBias() ? Tensor.zeros(config.dtype(), config.vocabulary()).requiresGrad() : null;
        var weight = config.tied() ? embed.weight()
                : Init.begin(init, rng, config.dtype(), config.vocabulary(), config.width()).requiresGrad();
        head = Linear.sharing(weight, bias);
        if (!Skeleton.isBuilding())
            decoder.modules().forEach((name, module) -> { if (module instanceof Linear linear) begin(name, linear, rng); });
    }

    /** Shapes and names alone; see {@link Skeleton}. */
    public static DecoderLM skeleton(DecoderConfig config) { return Skeleton.of(() -> new DecoderLM(config, Rng.of(0))); }

    /** Normal; what writes to the residual stream narrower; no bias (Radford et al. 2019, section 2.3). */
    private void begin(String name, Linear linear, Rng rng) {
        boolean writes = name.endsWith("o_proj") || name.endsWith("fc2") || name.endsWith("down_proj");
        double deviation = config.deviation() / (writes ? Math.sqrt(2 * config.layers()) : 1);
        var weight = linear.weight();
        Autograd.noGrad(() -> {
            weight.copy_(Init.normal(deviation).sample(rng, weight.dtype(), weight.shape().toArray()));
            if (linear.bias() != null) linear.bias().copy_(linear.bias().zerosLike());
        });
    }

    public DecoderConfig config() { return config; }

    /** The blocks. */
    public TransformerDecoder decoder() { return decoder; }

    /** The table of tokens (vocabulary, width). */
    public Embedding embedding() { return embed; }

    /** Hidden states (.., width) to logits, before any cap. */
    public Linear head() { return head; }

    @Override public int vocabulary() { return config.vocabulary(); }

    @Override public long contextLength() { return config.contextLength(); }

    @Override public int startMark() { return config.startMark(); }

    @Override public int endMark() { return config.endMark(); }

    /** Ids (batch, T) to logits (batch, T, vocabulary). */
    @Override protected Tensor compute(Tensor ids, Pass pass) { return unembedded(hidden(ids, pass), pass); }

    @Override public Tensor logits(Tensor ids, Pass pass) { return forward(ids, pass); }

    @Override public Tensor logits(Tensor ids, SequenceLayout layout, Pass pass) {
        if (config.blocks().stream().anyMatch(b -> b.depth() != null)) {
            boolean whole = layout.spans().size() == layout.rows() && layout.spans().stream().allMatch(s -> s.length() == layout.columns());
            if (whole && !layout.hasPrefix()) return logits(ids, pass);
            if (pass.isTraining())
                throw new IllegalArgumentException("DecoderLM: blocks that the best tokens of a row pass learn from whole "
                        + "rows alone, not from padded or packed ones; see Pretrainer.boundaries");
            return SpanRows.logits(this, ids, layout, pass);
        }
        boolean attends = config.blocks().stream().allMatch(b -> b.mixer() == null);
        if (!attends && !layout.isRightPadded()) return SpanRows.logits(this, ids, layout, pass);
        return emit(ids, unembedded(hidden(ids, layout, pass), pass), pass);
    }

    /** Ids (batch, T) to what the head reads (batch, T, width), after the last norm. */
    public Tensor hidden(Tensor ids, Pass pass) { return decoder.forward(embedded(ids, ids.size(-1), pass), pass); }

    /** The same of a batch whose sequences lie so. */
    public Tensor hidden(Tensor ids, SequenceLayout layout, Pass pass) {
        return decoder.forward(embedded(ids, layout.longest(), pass), layout, pass);
    }

    /** The same of ids (batch, T) that follow what a state of {@link #decoder()} has seen; positions beyond the context are for the caller to refuse. */
    public Tensor hidden(Tensor ids, TransformerDecoder.State state, Pass pass) {
        return decoder.forward(embedded(ids, 0, pass), state, pass);
    }

    /** Hidden states (.., width) to logits (.., vocabulary). */
    public Tensor unembedded(Tensor hidden, Pass pass) {
        var z = head.forward(hidden, pass);
        return Double.isInfinite(config.logitCap()) ? z : z.div(config.logitCap()).tanh().mul(config.logitCap());
    }

    /**
     * This model with more ids or fewer: the first ones keep their rows of the embedding and the head, new ones begin about the mean of the old, so that they are no
     * surprise (Hewitt 2021). An independent copy.
     *
     * @throws IllegalArgumentException if a mark would be no id
     */
    public DecoderLM resized(int vocabulary, Rng rng) {
        var values = new LinkedHashMap<String, Tensor>(state());
        try (var kept = Scope.outside()) {
            Autograd.noGrad(() -> {
                values.put("embed.weight", rows(embed.weight().detach(), vocabulary, rng));
                if (!config.tied()) values.put("head.weight", rows(head.weight().detach(), vocabulary, rng));
                if (config.headBias()) values.put("head.bias", rows(head.bias().detach().unsqueeze(1), vocabulary, null).squeeze(1));
                values.replaceAll((name, value) -> value.detach().copy().compute());
            });
        }
        values.replaceAll((name, value) -> value.dtype().isFloat() ? value.requiresGrad() : value);
        return Module.with(skeleton(config.withVocabulary(vocabulary)), values);
    }

    private static Tensor rows(Tensor old, int count, Rng rng) {
        long had = old.size(0);
        if (count <= had) return old.narrow(0, 0, count);
        var mean = old.mean(0, true).expand(count - had, -1);
        if (rng != null)
            mean = mean.add(Tensor.randn(rng, old.dtype(), count - had, old.size(1)).mul(1e-3 * old.square().mean().sqrt().item()));
        return Tensor.concat(0, old, mean);
    }

    /** Ids (batch, T) to what the first block reads (batch, T, width). */
    public Tensor embedded(Tensor ids, Pass pass) { return embedded(ids, ids.size(-1), pass); }

    /** @param positions of the longest sequence */
    private Tensor embedded(Tensor ids, long positions, Pass pass) {
        if (ids.rank() != 2) throw new ShapeException("DecoderLM: ids " + ids.shape() + "; they are (batch, T)");
        if (positions > config.contextLength()) throw new ShapeException(
                "DecoderLM: " + positions + " positions; the context has " + config.contextLength() + ": shorten the prompt");
        var x = embed.forward(ids, pass);
        return config.embeddingScale() == 1 ? x : x.mul(config.embeddingScale());
    }

    @Override public Decoding begin() { return new Cached(decoder.start(null, null, Pass.inference())); }

    /** With other caches than the layers' own. @param caches of each layer by number */
    public Decoding begin(IntFunction<? extends MixerState> caches) {
        return new Cached(decoder.start(caches, null, null, Pass.inference()));
    }

    private final class Cached implements Decoding {
        private final TransformerDecoder.State state;

        Cached(TransformerDecoder.State state) { this.state = state; }

        private Tensor read(Tensor ids) {
            long positions = state.isEndless() ? 0 : length() + ids.size(-1); // places in such caches are bounded, positions are not
            return decoder.forward(embedded(ids, positions, Pass.inference()), state, Pass.inference());
        }

        @Override public Tensor all(Tensor ids) { return Autograd.noGrad(() -> unembedded(read(ids), Pass.inference())); }

        @Override public Tensor next(Tensor ids) {
            return Autograd.noGrad(() -> unembedded(read(ids).select(1, ids.size(1) - 1), Pass.inference()));
        }

        @Override public Tensor at(Tensor ids, int... places) {
            return Autograd.noGrad(() -> {
                var hidden = read(ids);
                var rows = new Tensor[places.length];
                for (int r = 0; r < rows.length; r++) rows[r] = hidden.get(r, places[r]);
                return unembedded(Tensor.stack(0, rows), Pass.inference());
            });
        }

        @Override public long length() { return state.length(); }

        @Override public void truncate(long... lengths) { state.truncate(lengths); }

        @Override public Decoding fork(int... rows) { return new Cached(state.fork(rows)); }

        @Override public long bytes() { return state.bytes(); }
    }
}
