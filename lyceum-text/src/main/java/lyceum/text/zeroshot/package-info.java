/**
 * Classes that nobody gave examples of: {@link lyceum.text.zeroshot.ZeroShotClassifier} knows them by a text, {@link lyceum.text.zeroshot.Eszsl} and
 * {@link lyceum.text.zeroshot.AttributeTransfer} by attributes; {@link lyceum.text.zeroshot.CalibratedStacking} weighs them against those that were seen.
 */
package lyceum.text.zeroshot;
