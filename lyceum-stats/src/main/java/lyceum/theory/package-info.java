/**
 * What can be learnt, and from how much: bounds, and experiments that try to break them.
 *
 */
package lyceum.theory;
