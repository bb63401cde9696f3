/** Fitted learners as ONNX files: {@link lyceum.learn.onnx.OnnxLearner} writes those that operators of {@code ai.onnx.ml} can say. */
package lyceum.learn.onnx;
