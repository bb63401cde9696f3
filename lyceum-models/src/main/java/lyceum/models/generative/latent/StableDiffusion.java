package lyceum.models.generative.latent;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.memory.Memory;
import lyceum.models.generative.diffusion.ClassifierFreeGuidance;
import lyceum.models.generative.diffusion.DiffusionModel;
import lyceum.models.generative.diffusion.Inpainting;
import lyceum.models.generative.diffusion.NoiseSchedule;
import lyceum.models.generative.diffusion.NoiseStreams;
import lyceum.nn.InBatches;
import lyceum.progress.Progress;
import lyceum.tensor.Tensor;

/**
 * Pictures from sentences: a prompt becomes vectors, a denoiser that looks at them undoes noise in the codes of an autoencoder, which turns the codes into pixels.
 * Begun from a picture's codes instead of noise it varies the picture, and with a part held fast it fills the rest.
 *
 * {@snippet :
 * var model = StableDiffusion.load(folder, this::tokens);                        // diffusers' folders of safetensors
 * var options = new PictureOptions(512).withGuidance(7.5).withAvoid("blurred");
 * Tensor pictures = model.imagine(List.of("a red square, top left"), options, NoiseStreams.seeds(1), Progress.SILENT);
 * }
 *
 * <p>Pictures are (n, channels, height, width) in [0, 1]; the autoencoder works in [-1, 1]. A row of noise has a seed of its own: the same seed, prompt and options give
 * the same picture whatever stands beside it, up to rounding of products of another size.
 *
 * @param text prompts as vectors
 * @param model the denoiser, with the {@link NoiseSchedule} and the prediction that it learned
 * @param latents the autoencoder and the scale of its codes
 * @param channels of the codes
 * @param reduction pixels of a side for one code
 * @see <a href="https://arxiv.org/abs/2112.10752">Rombach, Blattmann, Lorenz, Esser and Ommer (2022)</a>
 * @see <a href="https://arxiv.org/abs/2108.01073">Meng and others (2022), SDEdit: from a picture</a>
 */
public record StableDiffusion(PromptEncoder text, DiffusionModel model, LatentDiffusion latents, int channels, int reduction) {
    private static final int TOGETHER = 4; // pictures that the autoencoder sees at once
    private static final int MANY_CODES = 32 * 32;

    public StableDiffusion {
        Objects.requireNonNull(text, "text");
        Objects.requireNonNull(latents, "latents");
        if (!(model.path() instanceof NoiseSchedule))
            throw new IllegalArgumentException("StableDiffusion: the model's path is " + model.path() + "; it is a NoiseSchedule");
    }

    /** Of three networks that were trained elsewhere, with codes scaled by one factor. */
    public static StableDiffusion of(PromptEncoder text, DiffusionModel model, AutoencoderKl codec, double factor) {
        var like = codec.state().firstEntry().getValue();
        return new StableDiffusion(text, model,
                new LatentDiffusion(codec, LatentScale.factor(factor, Tensor.zeros(like.dtype(), 1, 1, 1, 1))), codec.config().latent(),
                codec.config().reduction());
    }

    /**
     * Reads a folder as diffusers writes it: {@code unet}, {@code vae}, {@code text_encoder} and {@code scheduler}, each with its configuration.
     *
     * @param tokens ids of a text, with the marks of beginning and end
     * @throws lyceum.FormatException naming what is missing, or what of a configuration is not known here
     */
    public static StableDiffusion load(Path folder, Function<String, int[]> tokens) throws IOException {
        return DiffusersFolder.load(folder, tokens);
    }

    /** A picture for each prompt. @param noise a stream for each */
    public Tensor imagine(List<String> prompts, PictureOptions options, NoiseStreams noise, Progress progress) {
        return shown(codes(prompts, options, noise, progress));
    }

    /** The same as scaled codes. */
    public Tensor codes(List<String> prompts, PictureOptions options, NoiseStreams noise, Progress progress) {
        requireOne(prompts, noise);
        if (options.height() % reduction != 0 || options.width() % reduction != 0) throw new IllegalArgumentException(
                "StableDiffusion: " + options.height() + " x " + options.width() + " pixels; both are multiples of " + reduction);
        var start = model.start(noise, latents.scale().mean().dtype(), channels, options.height() / reduction, options.width() / reduction);
        return drawn(model, m -> m, start, prompts, options, noise, progress);
    }

    /**
     * Pictures begun from others. All steps of the sampler are spent on the way back.
     *
     * @param strength share of the schedule by which they are noised, in (0, 1]: near 0 they stay, at 1 hardly a trace is left
     */
    public Tensor vary(Tensor pictures, double strength, List<String> prompts, PictureOptions options, NoiseStreams noise,
            Progress progress) {
        requireOne(prompts, noise);
        if (!(strength > 0 && strength <= 1))
            throw new IllegalArgumentException("StableDiffusion.vary: strength is " + strength + "; it lies in (0, 1]");
        var schedule = (NoiseSchedule) model.path();
        int t = (int) Math.max(1, Math.round(strength * schedule.steps()));
        Tensor z = encoded(pictures), start = z.mul(schedule.signal(t)).add(noise.like(z).mul(schedule.noise(t)));
        var rest = new DiffusionModel(schedule.until(t), model.prediction(), model.denoiser());
        return shown(drawn(rest, m -> m, start, prompts, options, noise, progress));
    }

    /**
     * Pictures whose part is drawn anew to a prompt, the rest kept.
     *
     * @param free (n, 1, height, width), 1 where it is drawn; a code is free if any of its pixels is
     */
    public Tensor fill(Tensor pictures, Tensor free, List<String> prompts, PictureOptions options, NoiseStreams noise, Progress progress) {
        return shown(fillCodes(encoded(pictures), free, prompts, options, noise, progress));
    }

    /** The same of scaled codes: those that are not free come back as they were, up to rounding. */
    public Tensor fillCodes(Tensor codes, Tensor free, List<String> prompts, PictureOptions options, NoiseStreams noise,
            Progress progress) {
        requireOne(prompts, noise);
        var open = freeCodes(free, codes);
        var start = model.start(noise, codes.dtype(), channels, codes.size(2), codes.size(3));
        return drawn(model, new Inpainting(codes, open)::over, start, prompts, options, noise, progress);
    }

    private Tensor freeCodes(Tensor free, Tensor codes) {
        if (free.rank() != 4 || free.size(1) != 1 || free.size(2) != codes.size(2) * reduction || free.size(3) != codes.size(3) * reduction)
            throw new ShapeException("StableDiffusion: a mask " + free.shape() + " for codes " + codes.shape() + "; it is (n, 1, "
                    + codes.size(2) * reduction + ", " + codes.size(3) * reduction + ")");
        return free.to(codes.dtype()).adaptiveMaxPool(codes.size(2), codes.size(3));
    }

    private Tensor drawn(DiffusionModel model, UnaryOperator<DiffusionModel> change, Tensor start, List<String> prompts, PictureOptions o,
            NoiseStreams noise, Progress progress) {
        return Autograd.noGrad(() -> {
            var condition = text.encode(prompts);
            var none = text.encode(List.of(o.avoid())).get(0);
            var guided = ClassifierFreeGuidance.of(o.guidance(), none).withRescale(o.rescale());
            return o.sampler().sample(change.apply(model.with(guided::guide)), start, condition, noise, progress).compute();
        });
    }

    /** Scaled codes of pictures in [0, 1]. */
    public Tensor encoded(Tensor pictures) { return latents.encode(pictures.mul(2).sub(1), TOGETHER); }

    /** Pictures in [0, 1] of scaled codes. */
    public Tensor pictures(Tensor codes) { return InBatches.of(codes, TOGETHER, some -> latents.decode(some).add(1).div(2).clamp(0, 1)); }

    /** At real size the steps leave half a gigabyte of blocks, of other sizes than a decoder asks for. */
    private Tensor shown(Tensor codes) {
        if (codes.size(2) * codes.size(3) >= MANY_CODES) Memory.release();
        return pictures(codes);
    }

    private static void requireOne(List<String> prompts, NoiseStreams noise) {
        if (prompts.isEmpty() || prompts.size() != noise.size()) throw new IllegalArgumentException(
                "StableDiffusion: " + prompts.size() + " prompts and " + noise.size() + " streams of noise; one for each");
    }
}
