/**
 * ONNX: {@link lyceum.nn.onnx.OnnxModel} runs a model of another program as tensor operations, {@link lyceum.nn.onnx.OnnxModule} trains it further,
 * {@link lyceum.nn.onnx.Onnx#export} writes a layer of ours as one ({@link lyceum.nn.onnx.OnnxExport} with names and several inputs).
 *
 * <p>{@link lyceum.nn.onnx.OnnxShapes} says the shapes of all values and what nodes cost before anything runs, and draws the graph.
 *
 * <p>The operators are a table, one row each, in files by kind ({@code ElementwiseOperators} and so on): domain, name, first version of the operator
 * set, meaning. Of the 1,428 models in the standard's conformance suite (Debian's libonnx-testdata 1.17) 1,396 pass at its tolerances; the test's
 * resource {@code onnx/exceptions.txt} names the others, each with its reason. What a file says is {@link lyceum.format.OnnxFile}.
 */
package lyceum.nn.onnx;
