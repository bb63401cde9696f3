/**
 * Training loops: {@link lyceum.train.Trainer} is the class to start from. It is a record of settings; {@link lyceum.train.TrainingRun} is one
 * run of it, which can be stepped, stopped, saved and resumed bit for bit, and {@link lyceum.train.History} what the run has seen. Long streams
 * go through {@link lyceum.train.Bptt}; {@link lyceum.train.GradientFlow} shows where gradients fade.
 * {@link lyceum.train.EarlyStopping}, {@link lyceum.train.Regularizer}, {@link lyceum.train.MixedPrecision} and {@link lyceum.train.GradientNoiseScale}
 * are its parts, which serve loops of one's own as well. {@link lyceum.train.FineTuner} goes on from trained weights,
 * {@link lyceum.train.TransferLearning} judges and uses a source network, and {@link lyceum.train.TrainingMemory} says beforehand what a run will hold; {@link lyceum.train.MemoryPlanner} finds settings that hold less.
 *
 * <p>What a trained model looks like from inside is measured by {@link lyceum.train.SharpnessAnalyzer}, {@link lyceum.train.LossLandscape},
 * {@link lyceum.train.ModeConnectivity}, {@link lyceum.train.NeuralCollapse}, {@link lyceum.train.CollapseDiagnostics},
 * {@link lyceum.train.HiddenStates}, {@link lyceum.train.SpectralBias} and {@link lyceum.train.NeuralTangentKernel}; {@link lyceum.train.ParameterSpace} makes its weights one vector.
 *
 * <p>Doubt, privacy and robustness have packages of their own: {@code lyceum.train.uncertainty}, {@code lyceum.train.privacy} and
 * {@code lyceum.train.robust}; tasks one after the other {@code lyceum.train.continual}, orders of examples and learning to learn {@code lyceum.train.regime},
 * the search for architectures {@code lyceum.train.search}.
 */
package lyceum.train;
