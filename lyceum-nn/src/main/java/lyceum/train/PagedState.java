package lyceum.train;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Objects;
import lyceum.memory.Storage;
import lyceum.optim.UpdateRule;
import lyceum.tensor.Tensor;

/**
 * A rule whose memory lies in mapped files: the operating system writes it out where main memory is short and brings it back when a step needs it. Numbers are
 * those of the rule itself, bit for bit.
 *
 * {@snippet :
 * new Trainer(new PagedState(new AdamW(2e-4), Path.of("/var/tmp")), 3).fit(model, loss, data, rng);
 * }
 *
 * <p>The files have no names: they are gone when the tensors are, also after a crash (on systems that let open files be deleted; elsewhere when the JVM ends).
 *
 * @param folder on a disk with room for the state
 * @see <a href="https://arxiv.org/abs/2305.14314">Dettmers et al. (2023), section 3, paged optimizers</a>
 */
public record PagedState(UpdateRule rule, Path folder) implements UpdateRule {
    public PagedState {
        Objects.requireNonNull(rule, "rule");
        if (!Files.isDirectory(folder)) throw new IllegalArgumentException("PagedState: " + folder + " is not a folder");
    }

    @Override public double learningRate() { return rule.learningRate(); }

    @Override public boolean maximize() { return rule.maximize(); }

    @Override public boolean isElementwise() { return rule.isElementwise(); }

    @Override public List<String> slots(Tensor x) { return rule.slots(x); }

    @Override public Tensor start(String slot, Tensor x) { return rule.start(slot, x); }

    @Override public Update next(Tensor x, Tensor gradient, List<Tensor> slots, long step, double rate) {
        return rule.next(x, gradient, slots, step, rate);
    }

    @Override public Tensor kept(Tensor start) {
        long bytes = start.count() * start.dtype().bytes();
        if (bytes == 0) return start.copy();
        try {
            var file = Files.createTempFile(folder, "lyceum-state", ".page");
            try (var channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                var segment = channel.map(FileChannel.MapMode.READ_WRITE, 0, bytes, Arena.ofAuto());
                var paged = Tensor.on(Storage.wrap(segment), 0, start.dtype(), start.shape().toArray());
                return paged.copy_(start);
            } finally {
                if (!file.toFile().delete()) file.toFile().deleteOnExit();
            }
        } catch (IOException e) {
            throw new UncheckedIOException("PagedState: no page of " + bytes + " bytes in " + folder, e);
        }
    }
}
