package lyceum.llm.train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.optim.AdamW;
import lyceum.optim.Clip;
import lyceum.random.Rng;
import lyceum.train.Trainer;

/** Three steps of AdamW over all of GPT-2 small, a batch of 4 rows of 64 ids; says the most memory that the process has had, in MiB. */
public final class GptSmallSteps {
    private static final int BATCH = 4, LENGTH = 64, STEPS = 3;

    private GptSmallSteps() {}

    public static void main(String[] args) throws IOException {
        var model = new DecoderLM(DecoderConfig.gpt2(), Rng.of(1));
        var rng = Rng.of(2);
        var ids = new int[STEPS * BATCH * LENGTH];
        for (int i = 0; i < ids.length; i++) ids[i] = rng.nextInt(model.vocabulary());
        var trainer = new Trainer(new AdamW(1e-4), 1).withBatchSize(BATCH).withClip(Clip.norm(1));
        var run = new Pretrainer(trainer, STEPS).start(model, PackedText.of(List.of(ids), LENGTH, -1), Rng.of(3));
        while (run.step()) System.out.println("step " + run.steps() + ", loss " + run.lastLoss());
        for (var line : Files.readAllLines(Path.of("/proc/self/status")))
            if (line.startsWith("VmHWM:")) System.out.println("most " + Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024);
    }
}
