/**
 * Generative adversarial networks: one trainer, {@link lyceum.models.generative.adversarial.Gan}, whose losses, penalties and order of play are choices, and the parts of the
 * networks that are known by name, StyleGAN's and BigGAN's.
 */
package lyceum.models.generative.adversarial;
