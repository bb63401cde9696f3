package lyceum.serve;

import java.util.List;
import lyceum.llm.Continuation;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.generate.CausalGenerator;
import lyceum.llm.generate.GenerationRequest;
import lyceum.nn.PositionalEncoding;
import lyceum.progress.Progress;
import lyceum.random.Rng;

/** Small models with random weights whose logits differ, and what each writes alone. */
final class Tiny {
    private Tiny() {}

    static DecoderLM llama(int context) {
        return new DecoderLM(DecoderConfig.llama(97, context, 2, 16, 4, 2, 24).withDeviation(0.4), Rng.of(1));
    }

    static DecoderLM gpt2(int context) { return new DecoderLM(DecoderConfig.gpt2(97, context, 2, 16, 4).withDeviation(0.4), Rng.of(2)); }

    static DecoderLM alibi(int context) {
        return new DecoderLM(DecoderConfig.llama(97, context, 2, 16, 4, 1, 24).eachBlock(b -> b.positioned(PositionalEncoding.alibi()))
                .withDeviation(0.4), Rng.of(3));
    }

    static DecoderLM windowed(int context) {
        return new DecoderLM(DecoderConfig.llama(97, context, 2, 16, 4, 4, 24).withWindow(9).withDeviation(0.4), Rng.of(4));
    }

    static int[] prompt(int length, Rng rng) {
        var ids = new int[length];
        for (int i = 0; i < length; i++) ids[i] = rng.nextInt(97);
        return ids;
    }

    /** One text alone, by the generator of lyceum-llm, whose cache is contiguous. */
    static Continuation solo(DecoderLM model, Request request) {
        var one = new GenerationRequest(request.prompt(), request.sampling(), request.stop(), request.stream(), request.constraint(),
                _ -> {});
        return new CausalGenerator(model).run(List.of(one), Progress.SILENT).getFirst();
    }
}
