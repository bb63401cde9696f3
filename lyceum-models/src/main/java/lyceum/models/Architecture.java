package lyceum.models;

import java.util.List;
import java.util.function.BiFunction;
import lyceum.FormatException;
import lyceum.nn.ConfigJson;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import tools.jackson.databind.JsonNode;

/**
 * A kind of model: its configuration, how it is built, and a small example of it.
 *
 * {@snippet :
 * var kind = Architectures.named("ResNet");
 * Module network = kind.build(kind.example().config(), Rng.of(1));
 * }
 *
 * @param name the class's, or the class's and what tells it from its kin
 * @param config record of its configuration
 * @param model class that is built
 * @param builder from a configuration and the source of fresh weights
 * @param example small enough for a test
 * @param <C> configuration
 * @param <M> model
 */
public record Architecture<C extends Record, M extends Module>(String name, Class<C> config, Class<M> model, BiFunction<C, Rng, M> builder,
        Example<C, M> example) {

    /** Inputs of a model. */
    @FunctionalInterface
    public interface Inputs {
        /** Each with {@code n} items along its first axis. */
        List<Tensor> of(int n, Rng rng);
    }

    /** What a model makes of inputs. */
    @FunctionalInterface
    public interface Use<M> {
        Tensor of(M model, List<Tensor> inputs, Pass pass);
    }

    /**
     * A model small enough to be tried in an instant, and what it is tried on.
     *
     * @param config of it
     * @param inputs that it takes
     * @param outputs predictions from inputs, with the same number of rows for each item along the first axis
     * @param loss a number that depends on every parameter
     */
    public record Example<C, M>(C config, Inputs inputs, Use<M> outputs, Use<M> loss) {
        /** One whose loss is of its outputs: the mean of their squares and cubes, which has a slope everywhere. */
        public Example(C config, Inputs inputs, Use<M> outputs) {
            this(config, inputs, outputs, (model, x, pass) -> {
                var y = outputs.of(model, x, pass);
                return y.mul(y).mean().add(y.mul(y).mul(y).mean());
            });
        }
    }

    /** One whose predictions are {@code forward} of its first input. */
    static <C extends Record, M extends Module> Architecture<C, M> of(String name, Class<C> config, Class<M> model,
            BiFunction<C, Rng, M> builder, C example, Inputs inputs) {
        return of(name, config, model, builder, example, inputs, (m, x, pass) -> m.forward(x.getFirst(), pass));
    }

    static <C extends Record, M extends Module> Architecture<C, M> of(String name, Class<C> config, Class<M> model,
            BiFunction<C, Rng, M> builder, C example, Inputs inputs, Use<? super M> outputs) {
        return new Architecture<>(name, config, model, builder, new Example<>(example, inputs, outputs::of));
    }

    static <C extends Record, M extends Module> Architecture<C, M> of(String name, Class<C> config, Class<M> model,
            BiFunction<C, Rng, M> builder, C example, Inputs inputs, Use<? super M> outputs, Use<? super M> loss) {
        return new Architecture<>(name, config, model, builder, new Example<>(example, inputs, outputs::of, loss::of));
    }

    /** A model with fresh weights. @throws IllegalArgumentException if the configuration does not fit together */
    public M build(Record config, Rng rng) { return builder.apply(this.config.cast(config), rng); }

    /** A configuration from a file. @throws FormatException naming the field that is missing, unknown or wrong */
    public C read(JsonNode json) { return ConfigJson.read(json, config); }
}
