/**
 * Neural networks: {@link lyceum.nn.Layer} is what maps a tensor to a tensor, {@link lyceum.nn.Module} a layer with parameters. Start at
 * {@link lyceum.nn.Sequential} and {@link lyceum.nn.Linear}; ready-made: {@link lyceum.nn.Mlp}; over sequences {@link lyceum.nn.Rnn} and its kinds,
 * {@link lyceum.nn.TransformerEncoder}, {@link lyceum.nn.BertEncoder} over ids, {@link lyceum.nn.TransformerDecoder} and {@link lyceum.nn.Transformer}, whose halves may be a
 * {@link lyceum.nn.MixtureOfExperts}; a {@link lyceum.nn.PositionalEncoding} tells them the order of their inputs. Decoders that look at a source have {@link lyceum.nn.BahdanauAttention} and {@link lyceum.nn.LuongAttention};
 * {@link lyceum.nn.KeyValueMemory} reads facts, a {@link lyceum.nn.NeuralTuringMachine} writes as well. {@link lyceum.nn.Hooks} look into
 * a running network, an {@link lyceum.nn.Adapter} changes it from outside; a linear layer may stand on a {@link lyceum.nn.StoredWeight} of few bits.
 *
 * <p>What carries knowledge between positions is a {@link lyceum.nn.SequenceMixer}: {@link lyceum.nn.MultiHeadAttention} under any {@link lyceum.nn.AttentionMask},
 * {@link lyceum.nn.LatentAttention}, {@link lyceum.nn.LinearAttention}, {@link lyceum.nn.Retention}, {@link lyceum.nn.CompressedSparseAttention}, {@link lyceum.nn.SegmentAttention} or {@link lyceum.nn.HyenaOperator}; what they know of the
 * positions before is a {@link lyceum.nn.MixerState}, of attention a {@link lyceum.nn.KvCache}. {@link lyceum.nn.MixtureOfDepths} lets few of them through a block.
 *
 * <p>An {@link lyceum.nn.InputLayer} makes tensors of records, an {@link lyceum.nn.OutputHead} answers of scores, as its {@link lyceum.nn.OutputKind} says. A
 * {@link lyceum.nn.Neuron} is one unit by itself, a {@link lyceum.nn.Kan} a network whose edges are curves; {@link lyceum.nn.DepthSeparation} counts what depth
 * buys.
 *
 * <p>Weights begin as {@link lyceum.nn.Init} says; {@link lyceum.nn.SignalReport} shows what they do to signal and gradient. Losses are in
 * {@code lyceum.nn.loss}.
 */
package lyceum.nn;
