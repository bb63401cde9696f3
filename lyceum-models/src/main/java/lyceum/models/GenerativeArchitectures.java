package lyceum.models;

import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.models.Architecture.Inputs;
import lyceum.models.Architecture.Use;
import lyceum.models.generative.Autoencoder;
import lyceum.models.generative.AutoencoderConfig;
import lyceum.models.generative.PixelCnn;
import lyceum.models.generative.PixelCnnConfig;
import lyceum.models.generative.ResidualQuantizer;
import lyceum.models.generative.Vae;
import lyceum.models.generative.VaeConfig;
import lyceum.models.generative.VectorQuantizer;
import lyceum.models.generative.VectorQuantizerConfig;
import lyceum.models.generative.adversarial.BigGanConfig;
import lyceum.models.generative.adversarial.BigGanGenerator;
import lyceum.models.generative.adversarial.ProjectionCritic;
import lyceum.models.generative.adversarial.StyleGenerator;
import lyceum.models.generative.adversarial.StyleGeneratorConfig;
import lyceum.models.generative.diffusion.Denoiser;
import lyceum.models.generative.diffusion.DiffusionTransformer;
import lyceum.models.generative.diffusion.DiffusionTransformerConfig;
import lyceum.models.generative.diffusion.MaskedDiffusion;
import lyceum.models.generative.diffusion.PointDenoiser;
import lyceum.models.generative.diffusion.PointDenoiserConfig;
import lyceum.models.generative.diffusion.TokenAutoregression;
import lyceum.models.generative.diffusion.TokenModelConfig;
import lyceum.models.generative.diffusion.VideoTransformer;
import lyceum.models.generative.diffusion.VideoTransformerConfig;
import lyceum.models.generative.flow.AutoregressiveFlow;
import lyceum.models.generative.flow.FlowChain;
import lyceum.models.generative.flow.GlowConfig;
import lyceum.models.generative.flow.Made;
import lyceum.models.generative.flow.MadeConfig;
import lyceum.models.generative.flow.MafConfig;
import lyceum.models.generative.flow.RealNvpConfig;
import lyceum.models.generative.latent.AutoencoderKl;
import lyceum.models.generative.latent.AutoencoderKlConfig;
import lyceum.models.generative.latent.ConditionalUNet;
import lyceum.models.generative.latent.ConditionalUNetConfig;
import lyceum.models.multimodal.CaptionPainter;
import lyceum.models.multimodal.CaptionPainterConfig;
import lyceum.nn.MlpConfig;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Models that make data. */
final class GenerativeArchitectures {
    private static final int SIDE = 8, CLASSES = 3;

    private GenerativeArchitectures() {}

    static List<Architecture<?, ?>> all() {
        var book = new VectorQuantizerConfig(6, 4).withLearning(VectorQuantizerConfig.Learning.GRADIENT);
        var pictures = Examples.pictures(1, SIDE);
        var big = new BigGanConfig(SIDE, 1, CLASSES).withChannels(4).withWidth(4);
        return List.of(Architecture.of("Autoencoder", Autoencoder.Plan.class, Autoencoder.class, Autoencoder.Plan::build,
                new Autoencoder.Plan(MlpConfig.regressor(6, 2).withHidden(List.of(5)), true, new AutoencoderConfig()), Examples.noise(6)),
                Architecture.of("PictureAutoencoder", Autoencoder.PicturePlan.class, Autoencoder.class, Autoencoder.PicturePlan::build,
                        new Autoencoder.PicturePlan(1, SIDE, List.of(3, 4), 5, new AutoencoderConfig()), pictures),
                Architecture.of("Vae", Vae.Plan.class, Vae.class, Vae.Plan::build,
                        new Vae.Plan(MlpConfig.regressor(6, 1).withHidden(List.of(5)), new VaeConfig(2)),
                        (n, rng) -> List.of(Tensor.rand(rng, n, 6)), (m, x, pass) -> m.forward(x.getFirst(), pass),
                        (m, x, pass) -> m.loss(x.getFirst(), 0, pass)),
                Architecture.of("VectorQuantizer", VectorQuantizerConfig.class, VectorQuantizer.class, VectorQuantizer::new, book,
                        Examples.noise(4), (m, x, pass) -> m.forward(x.getFirst(), pass),
                        (m, x, pass) -> m.quantise(x.getFirst(), pass).loss()),
                Architecture.of("ResidualQuantizer", ResidualQuantizer.Plan.class, ResidualQuantizer.class, ResidualQuantizer.Plan::build,
                        new ResidualQuantizer.Plan(book, 2, false), Examples.noise(3, 4), (m, x, pass) -> m.forward(x.getFirst(), pass),
                        (m, x, pass) -> m.quantise(x.getFirst(), pass).loss()),
                Architecture.of("PixelCnn", PixelCnnConfig.class, PixelCnn.class, PixelCnn::new,
                        new PixelCnnConfig(1, 5, 5, 4).withFilters(4).withLayers(1),
                        (n, rng) -> List.of(Examples.ids(rng, 4, n, 1, 5, 5).to(DType.F32))),
                Architecture.of("Made", MadeConfig.class, Made.class, Made::new, new MadeConfig(4, 2, 7), Examples.noise(4)),
                Architecture.of("RealNvp", RealNvpConfig.class, FlowChain.class, RealNvpConfig::build, new RealNvpConfig(4, 2, 6),
                        Examples.noise(4), GenerativeArchitectures::flown),
                Architecture.of("Maf", MafConfig.class, FlowChain.class,
                        (config, rng) -> config.build(AutoregressiveFlow.Direction.DENSITY_FAST, rng), new MafConfig(4, 2, 6),
                        Examples.noise(4), GenerativeArchitectures::flown),
                Architecture.of("Glow", GlowConfig.class, FlowChain.class, GlowConfig::build, new GlowConfig(1, 4, 4, 1, 2, 6),
                        Examples.noise(1, 4, 4), GenerativeArchitectures::flown),
                Architecture.of("BigGanGenerator", BigGanConfig.class, BigGanGenerator.class, BigGanGenerator::new, big,
                        labelled(Examples.noise(big.latent())), (m, x, pass) -> m.forward(x.get(0), x.get(1), pass)),
                Architecture.of("ProjectionCritic", BigGanConfig.class, ProjectionCritic.class, ProjectionCritic::images, big,
                        labelled(pictures), (m, x, pass) -> m.forward(x.get(0), x.get(1), pass)),
                Architecture.of("StyleGenerator", StyleGeneratorConfig.class, StyleGenerator.class, StyleGenerator::new,
                        new StyleGeneratorConfig(SIDE, 1).withChannels(4).withLatent(5).withWidth(6).withMappingLayers(2),
                        Examples.noise(5)),
                denoiser("DiffusionTransformer", DiffusionTransformerConfig.class, DiffusionTransformer.class, DiffusionTransformer::new,
                        new DiffusionTransformerConfig(SIDE, 1, 4, 8, 1, 2, CLASSES), labelled(timed(pictures))),
                denoiser("VideoTransformer", VideoTransformerConfig.class, VideoTransformer.class, VideoTransformer::new,
                        new VideoTransformerConfig(1, 2, 2, 12, 1, 2, CLASSES), labelled(timed(Examples.noise(4, 1, 4, 4)))),
                denoiser("PointDenoiser", PointDenoiserConfig.class, PointDenoiser.class, PointDenoiser::new,
                        new PointDenoiserConfig(2).withWidth(8).withDepth(1).withClasses(CLASSES), labelled(timed(Examples.noise(2)))),
                denoiser("CaptionPainter", CaptionPainterConfig.class, CaptionPainter.class, CaptionPainter::new,
                        CaptionPainterConfig.small(SIDE, 4, CLASSES),
                        (n, rng) -> List.of(Tensor.rand(rng, n, 3, SIDE, SIDE), Tensor.rand(rng, n),
                                Examples.ids(rng, CLASSES - 1, n, 4).add(1))),
                denoiser("ConditionalUNet", ConditionalUNetConfig.class, ConditionalUNet.class, ConditionalUNet::new,
                        ConditionalUNetConfig.small(1, 6, 4, 8).withGroups(2).withHeads(2), said(timed(pictures), 6)),
                Architecture.of("AutoencoderKl", AutoencoderKlConfig.class, AutoencoderKl.class, AutoencoderKl::new,
                        AutoencoderKlConfig.small(1, 2, 4, 8), pictures),
                tokens("MaskedDiffusion", MaskedDiffusion.class, MaskedDiffusion::new),
                tokens("TokenAutoregression", TokenAutoregression.class, TokenAutoregression::new));
    }

    private static <M extends Module> Architecture<TokenModelConfig, M> tokens(String name, Class<M> model,
            BiFunction<TokenModelConfig, Rng, M> builder) {
        return Architecture.of(name, TokenModelConfig.class, model, builder, new TokenModelConfig(5, 4, 1, 8, 2),
                (n, rng) -> List.of(Examples.ids(rng, 5, n, 4)));
    }

    private static <C extends Record, M extends Module & Denoiser> Architecture<C, M> denoiser(String name, Class<C> config, Class<M> model,
            BiFunction<C, Rng, M> builder, C example, Inputs inputs) {
        Use<M> answer = (m, x, pass) -> m.predict(x.get(0), x.get(1), x.get(2), pass);
        return Architecture.of(name, config, model, builder, example, inputs, answer);
    }

    private static Tensor flown(FlowChain flow, List<Tensor> x, Pass pass) {
        var moved = flow.transform(x.getFirst(), pass);
        return Tensor.concat(1, moved.value().reshape(x.getFirst().size(0), -1), moved.logDet().unsqueeze(1));
    }

    /** With a time for each. */
    private static Inputs timed(Inputs items) { return (n, rng) -> List.of(items.of(n, rng).getFirst(), Tensor.rand(rng, n).mul(10)); }

    /** With a class for each. */
    private static Inputs labelled(Inputs items) { return with(items, (n, rng) -> List.of(Examples.ids(rng, CLASSES, n))); }

    /** With a text of two vectors for each. */
    private static Inputs said(Inputs items, int width) { return with(items, Examples.noise(2, width)); }

    private static Inputs with(Inputs items, Inputs more) {
        return (n, rng) -> Stream.concat(items.of(n, rng).stream(), more.of(n, rng).stream()).toList();
    }
}
