package lyceum.models.audio;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.models.generative.ResidualQuantizer;
import lyceum.models.generative.VectorQuantizer.Quantised;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Sound as a few codes a frame, and back: causal convolutions make {@code hop} samples into a vector, a {@link ResidualQuantizer} makes
 * that into one code a book, a mirrored decoder makes sound of the codes. Fewer books give fewer bits and a rougher sound.
 *
 * {@snippet :
 * var codec = new NeuralAudioCodec(AudioCodecConfig.encodec24(), rng);
 * Tensor codes = codec.encode(x, 4);                       // (batch, 1, samples) to (batch, 4 books, frames), 3 kbit/s
 * byte[] packed = CodeStream.pack(codes.select(0, 0), 1024);
 * Tensor back = codec.decode(codes);                       // (batch, 1, frames hop)
 * var live = codec.stream();                               // chunk by chunk, the same codes and samples
 * Tensor some = live.encode(x.narrow(2, 0, 1000), 4);
 * }
 *
 * <p>A clip whose length is no multiple of the hop is filled up with silence. To learn, see {@link CodecObjective}. The layout is SEANet's
 * without its weight norm; the padding is of zeros and in front alone, so that any cutting into chunks gives the same.
 *
 * @see <a href="https://arxiv.org/abs/2210.13438">Défossez, Copet, Synnaeve and Adi (2022)</a>
 */
public final class NeuralAudioCodec extends Module {
    private final AudioCodecConfig config;
    private final CausalLayer.Stack encoder;
    private final ResidualQuantizer quantizer;
    private final CausalLayer.Stack decoder;

    public NeuralAudioCodec(AudioCodecConfig config, Rng rng) {
        this.config = config;
        encoder = CausalLayer.encoder(config, rng);
        quantizer = new ResidualQuantizer(config.book(), config.books(), config.dropout(), rng);
        decoder = CausalLayer.decoder(config, rng);
    }

    public AudioCodecConfig config() { return config; }

    public ResidualQuantizer quantizer() { return quantizer; }

    /** The rebuilt sound, as long as the input; the quantiser's loss goes to {@link Pass#penalty}. */
    @Override protected Tensor compute(Tensor x, Pass pass) {
        var q = quantizer.quantise(latents(x, pass), pass);
        pass.penalty(q::loss);
        return rebuilt(q, pass).narrow(2, 0, x.size(2));
    }

    /** Vectors before they are quantised: (batch, inputs, samples) to (batch, frames, width). */
    public Tensor latents(Tensor x, Pass pass) { return encoder.forward(filled(x), pass).transpose(1, 2); }

    /** Sound of quantised vectors: (batch, inputs, frames hop). */
    public Tensor rebuilt(Quantised q, Pass pass) { return sounding(q.values(), pass); }

    /** Sound of vectors (batch, frames, width): what the decoder makes without the codes, too. */
    public Tensor sounding(Tensor vectors, Pass pass) { return decoder.forward(vectors.transpose(1, 2), pass); }

    /** Codes (batch, books, frames), I64, by all books. */
    public Tensor encode(Tensor x) { return encode(x, config.books()); }

    /** By the first {@code books}. */
    public Tensor encode(Tensor x, int books) {
        return Autograd.noGrad(() -> quantizer.ids(latents(x, Pass.inference()), books).transpose(1, 2).contiguous());
    }

    /** Sound (batch, inputs, frames hop) of codes (batch, n books, frames). */
    public Tensor decode(Tensor codes) {
        if (codes.rank() != 3)
            throw new ShapeException("NeuralAudioCodec.decode: codes " + codes.shape() + "; they are (batch, books, frames)");
        return Autograd.noGrad(() -> sounding(quantizer.values(codes.transpose(1, 2)), Pass.inference()).compute());
    }

    /** Coding and decoding as the sound comes, from silence on. */
    public Stream stream() { return new Stream(); }

    /** What was heard so far; for one thread. */
    public final class Stream {
        private final CausalLayer.Past heard = new CausalLayer.Past(), said = new CausalLayer.Past();
        private Tensor waiting;

        private Stream() {}

        /**
         * Codes (batch, books, n) of the frames that are whole after this chunk (batch, inputs, samples), which has any length; n may be 0.
         */
        public Tensor encode(Tensor chunk, int books) {
            check(chunk);
            var all = waiting == null ? chunk : Tensor.concat(2, waiting, chunk);
            long frames = all.size(2) / config.hop(), used = frames * config.hop();
            waiting = all.narrow(2, used, all.size(2) - used).detach().copy().compute();
            if (frames == 0) return Tensor.zeros(DType.I64, chunk.size(0), books, 0);
            return Autograd.noGrad(() -> {
                var latents = encoder.forward(all.narrow(2, 0, used), heard, Pass.inference()).transpose(1, 2);
                return quantizer.ids(latents, books).transpose(1, 2).contiguous().compute();
            });
        }

        /** The codes of what is left, filled up with silence; n is 0 or 1. */
        public Tensor finish(int books) {
            if (waiting == null || waiting.size(2) == 0) return Tensor.zeros(DType.I64, waiting == null ? 1 : waiting.size(0), books, 0);
            return encode(waiting.narrow(2, 0, 1).zerosLike().expand(waiting.size(0), config.inputs(), config.hop() - waiting.size(2)),
                    books);
        }

        /** The samples (batch, inputs, n hop) of the next codes (batch, books, n). */
        public Tensor decode(Tensor codes) {
            return Autograd.noGrad(
                    () -> decoder.forward(quantizer.values(codes.transpose(1, 2)).transpose(1, 2), said, Pass.inference()).compute());
        }
    }

    private void check(Tensor x) {
        if (x.rank() != 3 || x.size(1) != config.inputs())
            throw new ShapeException("NeuralAudioCodec: sound " + x.shape() + "; it is (batch, " + config.inputs() + ", samples)");
    }

    private Tensor filled(Tensor x) {
        check(x);
        if (x.size(2) < 1) throw new ShapeException("NeuralAudioCodec: sound " + x.shape() + " has no samples");
        long left = Math.floorMod(-x.size(2), (long) config.hop());
        return left == 0 ? x : x.pad(2, 0, left, 0);
    }
}
