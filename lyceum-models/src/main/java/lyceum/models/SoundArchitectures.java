package lyceum.models;

import java.util.List;
import lyceum.DType;
import lyceum.models.audio.AudioCodecConfig;
import lyceum.models.audio.AudioLm;
import lyceum.models.audio.AudioLmConfig;
import lyceum.models.audio.Conformer;
import lyceum.models.audio.ConformerConfig;
import lyceum.models.audio.NeuralAudioCodec;
import lyceum.models.audio.SpeechRecognizer;
import lyceum.models.audio.SpeechRecognizerConfig;
import lyceum.models.audio.Whisper;
import lyceum.models.audio.WhisperConfig;
import lyceum.models.audio.WhisperTokens;
import lyceum.models.generative.VectorQuantizerConfig;
import lyceum.nn.Pass;
import lyceum.tensor.Tensor;

/** Models of sound. */
final class SoundArchitectures {
    private static final int FRAMES = 6;

    private SoundArchitectures() {}

    static List<Architecture<?, ?>> all() {
        return List.of(
                Architecture
                        .of("SpeechRecognizer", SpeechRecognizerConfig.class, SpeechRecognizer.class, SpeechRecognizer::new,
                                new SpeechRecognizerConfig(ConformerConfig.small(8).withWidth(8).withHeads(2).withHidden(16).withLayers(1)
                                        .withStem(4).withKernel(3), 5),
                                (n, rng) -> List.of(Tensor.randn(rng, n, 12, 8))),
                Architecture.of("Conformer", ConformerConfig.class, Conformer.class, Conformer::new,
                        ConformerConfig.small(8).withWidth(8).withHeads(2).withHidden(16).withLayers(1).withStem(4).withKernel(3),
                        (n, rng) -> List.of(Tensor.randn(rng, n, 12, 8))),
                Architecture.of("Whisper", WhisperConfig.class, Whisper.class, Whisper::new,
                        new WhisperConfig(6, 8, 2, 16, 1, 1, 5, 6, new WhisperTokens(20, 2, 7), DType.F32),
                        (n, rng) -> List.of(Tensor.randn(rng, n, 6, 10), Examples.ids(rng, 20, n, 4)),
                        (m, x, pass) -> m.write(x.get(1), m.hear(x.getFirst(), pass), pass)),
                Architecture.of("NeuralAudioCodec", AudioCodecConfig.class, NeuralAudioCodec.class, NeuralAudioCodec::new,
                        new AudioCodecConfig(8_000, 1, 2, List.of(2, 4),
                                new VectorQuantizerConfig(8, 4).withLearning(VectorQuantizerConfig.Learning.GRADIENT), 2, 1, false),
                        (n, rng) -> List.of(Tensor.randn(rng, n, 1, 32).mul(0.3)), (m, x, pass) -> m.forward(x.getFirst(), pass),
                        (m, x, pass) -> {
                            var codes = m.quantizer().quantise(m.latents(x.getFirst(), pass), pass);
                            return m.rebuilt(codes, pass).sub(x.getFirst()).square().mean().add(codes.loss());
                        }),
                Architecture.of("AudioLm", AudioLmConfig.class, AudioLm.class, AudioLm::new,
                        new AudioLmConfig(5, 6, 2, FRAMES).withWidth(8).withHeads(2).withLayers(1),
                        (n, rng) -> List.of(Examples.ids(rng, 5, n, FRAMES), Examples.ids(rng, 6, n, 2, FRAMES)),
                        SoundArchitectures::expected, (m, x, pass) -> losses(m, x, pass).mean()));
    }

    /** Logits of all stages, (n, numbers). */
    private static Tensor expected(AudioLm model, List<Tensor> x, Pass pass) {
        var stages = new Tensor[AudioLm.Stage.values().length];
        for (var stage : AudioLm.Stage.values())
            stages[stage.ordinal()] = model.logits(stage, new AudioLm.Clip(x.get(0), x.get(1)), null, pass).reshape(x.getFirst().size(0),
                    -1);
        return Tensor.concat(1, stages);
    }

    /** A loss of each clip and stage, (n, stages). */
    private static Tensor losses(AudioLm model, List<Tensor> x, Pass pass) {
        var rows = new Tensor[(int) x.getFirst().size(0)];
        for (int i = 0; i < rows.length; i++) {
            var clip = new AudioLm.Clip(x.get(0).narrow(0, i, 1), x.get(1).narrow(0, i, 1));
            var stages = new Tensor[AudioLm.Stage.values().length];
            for (var stage : AudioLm.Stage.values()) stages[stage.ordinal()] = model.loss(stage, clip, null, pass);
            rows[i] = Tensor.stack(0, stages);
        }
        return Tensor.stack(0, rows);
    }
}
