/**
 * Neural networks: {@link lyceum.nn.Layer} is what maps a tensor to a tensor, {@link lyceum.nn.Module} a layer with parameters. Start at
 * {@link lyceum.nn.Sequential} and {@link lyceum.nn.Linear}; ready-made: {@link lyceum.nn.Mlp}; over sequences {@link lyceum.nn.Rnn}
 * and its kinds, whose {@link lyceum.nn.RecurrentState} is a value. Losses are in {@code lyceum.nn.loss}.
 * {@link lyceum.nn.Sequential} and {@link lyceum.nn.Linear}; ready-made: {@link lyceum.nn.Mlp}.
 * Weights begin as {@link lyceum.nn.Init} says; {@link lyceum.nn.SignalReport} shows what they do to signal and gradient. Losses are in {@code lyceum.nn.loss}.
 */
package lyceum.nn;
