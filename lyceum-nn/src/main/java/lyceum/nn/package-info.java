/**
 * Neural networks: {@link lyceum.nn.Layer} is what maps a tensor to a tensor, {@link lyceum.nn.Module} a layer with parameters. Start at
 * {@link lyceum.nn.Sequential} and {@link lyceum.nn.Linear}; ready-made: {@link lyceum.nn.Mlp}. Other wirings are a {@link lyceum.nn.GraphNetwork};
 * {@link lyceum.nn.ForwardReport} says what a pass costs. Losses are in {@code lyceum.nn.loss}.
 */
package lyceum.nn;
