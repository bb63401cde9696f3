package lyceum.models.audio;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Sound as a language in three alphabets: {@code p(semantic) p(coarse | semantic) p(fine | coarse)}, a causal transformer each. Semantic
 * tokens say what is played, the codec's first books how it sounds, the others polish it. A prompt is continued, nothing is a prompt too;
 * conditions in front tell what to play.
 *
 * {@snippet :
 * var codec = new NeuralAudioCodec(AudioCodecConfig.small(), rng);
 * var lm = new AudioLm(new AudioLmConfig(16, 64, 8, 32).withSemantic(false), rng);
 * Tensor codes = codec.encode(x);
 * Tensor loss = lm.loss(AudioLm.Stage.COARSE, new AudioLm.Clip(null, codes), null, Pass.training(rng));
 * var clip = lm.continued(new AudioLm.Clip(null, codes.narrow(2, 0, 8)), null, 32, 0.8, rng);
 * Tensor sound = codec.decode(clip.codes());
 * }
 *
 * <p>Semantic tokens and codec frames are as many a second; codes of a frame are written one after the other ({@link CodePattern#FLAT}).
 * All tokens of a moment have one position. Only codes of its own book can come at a place.
 *
 * @see <a href="https://arxiv.org/abs/2209.03143">Borsos et al. (2023)</a>
 * @see <a href="https://arxiv.org/abs/2301.11325">Agostinelli et al. (2023): conditions by a joint embedding</a>
 */
public final class AudioLm extends Module {
    private final AudioLmConfig config;
    private final CodeLm semantic, coarse, fine;

    /** The parts of the model. */
    public enum Stage {
        /** What is played. */
        SEMANTIC,
        /** How it sounds. */
        COARSE,
        /** The polish. */
        FINE
    }

    /**
     * Tokens of clips.
     *
     * @param semantic (batch, frames), I64; of a model without that stage it is not looked at
     * @param codes (batch, books, frames), I64
     */
    public record Clip(Tensor semantic, Tensor codes) {}

    public AudioLm(AudioLmConfig config, Rng rng) {
        this.config = config;
        semantic = config.semantic() ? stage(rng) : null;
        coarse = stage(rng);
        fine = config.coarse() < config.books() ? stage(rng) : null;
    }

    private CodeLm stage(Rng rng) {
        return new CodeLm(config.tokens(), config.frames() + 1, config.width(), config.heads(), config.layers(), rng);
    }

    public AudioLmConfig config() { return config; }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        throw new UnsupportedOperationException("AudioLm: it has stages; use loss(..) and continued(..)");
    }

    private CodeLm of(Stage stage) {
        var lm = switch (stage) {
            case SEMANTIC -> semantic;
            case COARSE -> coarse;
            case FINE -> fine;
        };
        if (lm == null) throw new IllegalArgumentException("AudioLm: this model has no stage " + stage);
        return lm;
    }

    /** Tokens of a stage: what stands in front, and from where on it writes. */
    private record Text(Tensor front, Tensor own) {}

    private Text text(Stage stage, Clip clip, Tensor conditions) {
        long batch = clip.codes.size(0);
        var begin = Tensor.zeros(DType.I64, batch, 1);
        Tensor told = conditions == null ? begin.narrow(1, 0, 0)
                : conditions.to(DType.I64).add(Tensor.arange(config.conditions()).mul(config.conditionCodes()).add(1));
        Tensor meant = config.semantic() ? clip.semantic.to(DType.I64).add(config.firstSemantic()) : begin.narrow(1, 0, 0);
        return switch (stage) {
            case SEMANTIC -> new Text(Tensor.concat(1, told, begin), meant);
            case COARSE -> new Text(Tensor.concat(1, told, meant, begin), codes(clip, 0, config.coarse()));
            case FINE -> new Text(Tensor.concat(1, codes(clip, 0, config.coarse()), begin), codes(clip, config.coarse(), config.books()));
        };
    }

    private Tensor codes(Clip clip, int from, int to) {
        var some = clip.codes.to(DType.I64).narrow(1, from, to - from);
        return CodePattern.FLAT.interleave(some.add(Tensor.arange(from, to, 1).mul(config.codes()).add(config.firstCode(0)).unsqueeze(1)),
                0);
    }

    /** The moment of each token: 0 for conditions and begin, then frames from 1 on. */
    private int[] moments(Stage stage, int front, int frames) {
        int coarse = config.coarse(), rest = config.books() - coarse;
        int heard = stage == Stage.FINE ? coarse : stage == Stage.COARSE && config.semantic() ? 1 : 0;
        int own = stage == Stage.SEMANTIC ? 1 : stage == Stage.COARSE ? coarse : rest;
        var moments = new int[front + frames * own];
        int before = front - 1 - frames * heard;
        for (int i = 0; i < frames * heard; i++) moments[before + i] = 1 + i / heard;
        for (int i = 0; i < frames * own; i++) moments[front + i] = 1 + i / own;
        return moments;
    }

    /**
     * The mean cross-entropy of a stage's tokens.
     *
     * @param tokens of whole clips, of equal length
     * @param conditions (batch, conditions); null for a model without
     */
    public Tensor loss(Stage stage, Clip tokens, Tensor conditions, Pass pass) {
        check(tokens, conditions);
        var text = text(stage, tokens, conditions);
        int front = (int) text.front.size(1);
        return of(stage).loss(Tensor.concat(1, text.front, text.own), moments(stage, front, (int) tokens.codes.size(2)), front, pass);
    }

    /**
     * What a stage expects of each of its tokens after those before it, (batch, tokens of the stage, tokens there are): token i of a clip is that of row i.
     *
     * @see #loss
     */
    public Tensor logits(Stage stage, Clip tokens, Tensor conditions, Pass pass) {
        check(tokens, conditions);
        var text = text(stage, tokens, conditions);
        int front = (int) text.front.size(1);
        return of(stage).logits(Tensor.concat(1, text.front, text.own), moments(stage, front, (int) tokens.codes.size(2)), front, pass);
    }

    /** Conditions alone, and no prompt. */
    public Clip written(Tensor conditions, int frames, double temperature, Rng rng) {
        long batch = conditions.size(0);
        return continued(new Clip(Tensor.zeros(DType.I64, batch, 0), Tensor.zeros(DType.I64, batch, config.books(), 0)), conditions, frames,
                temperature, rng);
    }

    /**
     * Prompts and what comes after them, {@code frames} in all: stage after stage, each over the whole clip.
     *
     * @param prompt with any number of frames, also 0
     * @param conditions (batch, conditions); null for a model without
     * @param temperature 0 takes the likeliest tokens
     */
    public Clip continued(Clip prompt, Tensor conditions, int frames, double temperature, Rng rng) {
        check(prompt, conditions);
        if (!(temperature >= 0))
            throw new IllegalArgumentException("AudioLm.continued: temperature is " + temperature + "; it is at least 0");
        int known = (int) prompt.codes.size(2);
        if (frames < known || frames > config.frames()) throw new IllegalArgumentException(
                "AudioLm.continued: " + frames + " frames after " + known + "; there are at most " + config.frames());
        var clip = prompt;
        if (config.semantic()) clip = new Clip(stage(Stage.SEMANTIC, clip, conditions, known, frames, temperature, rng), prompt.codes);
        clip = new Clip(clip.semantic, stage(Stage.COARSE, clip, conditions, known, frames, temperature, rng));
        if (fine != null) {
            var polished = prompt.codes.narrow(1, config.coarse(), config.books() - config.coarse());
            var all = Tensor.concat(1, clip.codes, polished.pad(2, 0, frames - known, 0)).compute();
            clip = new Clip(clip.semantic, stage(Stage.FINE, new Clip(clip.semantic, all), conditions, known, frames, temperature, rng));
        }
        return clip;
    }

    /** What a stage has written in the end: semantic tokens, the coarse codes, or all codes. */
    private Tensor stage(Stage stage, Clip clip, Tensor conditions, int known, int frames, double temperature, Rng rng) {
        int from = stage == Stage.FINE ? config.coarse() : 0,
                own = stage == Stage.SEMANTIC ? 1 : stage == Stage.COARSE ? config.coarse() : config.books() - from;
        var text = text(stage, clip, conditions);
        int front = (int) text.front.size(1);
        var begun = Tensor.concat(1, text.front, text.own.narrow(1, 0, (long) known * own)).compute();
        int[] when = moments(stage, front, frames), low = new int[when.length], high = new int[when.length];
        for (int i = front; i < when.length; i++) {
            int book = from + (i - front) % own;
            low[i] = stage == Stage.SEMANTIC ? config.firstSemantic() : config.firstCode(book);
            high[i] = low[i] + (stage == Stage.SEMANTIC ? config.semanticCodes() : config.codes());
        }
        var written = Tensor.concat(1, begun.narrow(1, front, (long) known * own),
                of(stage).continued(begun, when, low, high, temperature, rng));
        if (stage == Stage.SEMANTIC) return written.sub(config.firstSemantic()).compute();
        var grid = CodePattern.FLAT.deinterleave(written, own)
                .sub(Tensor.arange(from, from + own, 1).mul(config.codes()).add(config.firstCode(0)).unsqueeze(1));
        return (stage == Stage.FINE ? Tensor.concat(1, clip.codes.narrow(1, 0, from), grid) : grid).compute();
    }

    private void check(Clip clip, Tensor conditions) {
        var codes = clip.codes;
        if (codes.rank() != 3 || codes.size(1) != config.books()
                || config.semantic() && !Arrays.equals(clip.semantic.shape().toArray(), new long[] {codes.size(0), codes.size(2)}))
            throw new ShapeException(
                    "AudioLm: codes " + codes.shape() + " and semantic tokens " + (clip.semantic == null ? "null" : clip.semantic.shape())
                            + "; they are (batch, " + config.books() + ", frames) and (batch, frames)");
        if ((conditions == null) != (config.conditions() == 0)
                || conditions != null && (conditions.rank() != 2 || conditions.size(1) != config.conditions()))
            throw new ShapeException("AudioLm: conditions " + (conditions == null ? "null" : conditions.shape()) + "; they are (batch, "
                    + config.conditions() + ")");
        check("codes", codes, config.codes());
        if (config.semantic()) check("semantic tokens", clip.semantic, config.semanticCodes());
        if (conditions != null) check("conditions", conditions, config.conditionCodes());
    }

    /** Others would be tokens of another book. */
    private static void check(String what, Tensor ids, int count) {
        if (ids.count() == 0) return;
        double least = ids.min().item(), most = ids.max().item();
        if (least < 0 || most >= count) throw new IllegalArgumentException(
                "AudioLm: " + what + " from " + (long) least + " to " + (long) most + "; they are 0 to " + (count - 1));
    }
}
