//! The aircraft that are being followed, by address.

use agreement::Address;

/// Addresses on one leaf: 4096 neighbours share one, since registries hand out blocks.
const LEAF_BITS: u32 = 12;
const LEAVES: usize = 1 << (25 - LEAF_BITS);
const EMPTY: u32 = u32::MAX;

/// A map from address to `T` that finds in two loads and iterates in the order of addresses,
/// so that nothing depends on a hash.
#[derive(Debug)]
pub(super) struct Roster<T> {
    leaves: Vec<Option<Box<[u32]>>>,
    slots: Vec<Option<(Address, T)>>,
    free: Vec<u32>,
}

impl<T> Roster<T> {
    pub(super) fn new() -> Self {
        Self { leaves: vec![None; LEAVES], slots: Vec::new(), free: Vec::new() }
    }

    /// How many aircraft there are.
    pub(super) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// The aircraft at `address`, put there by `make` when it is new.
    pub(super) fn entry(&mut self, address: Address, make: impl FnOnce() -> T) -> &mut T {
        let place = self.place(address);
        let slot = match *place {
            EMPTY => {
                let slot = self.free.pop().unwrap_or_else(|| {
                    self.slots.push(None);
                    u32::try_from(self.slots.len() - 1).expect("fewer aircraft than addresses")
                });
                *self.place(address) = slot;
                self.slots[slot as usize] = Some((address, make()));
                slot
            }
            slot => slot,
        };
        let entry = self.slots[slot as usize].as_mut().expect("a slot in use");
        &mut entry.1
    }

    /// Takes out every aircraft of which `gone` holds, in the order of addresses.
    pub(super) fn take_if(&mut self, gone: impl Fn(&T) -> bool) -> Vec<(Address, T)> {
        let mut taken = Vec::new();
        for (number, slot) in self.slots.iter_mut().enumerate() {
            if slot.as_ref().is_some_and(|(_, aircraft)| gone(aircraft)) {
                taken.extend(slot.take());
                self.free.push(u32::try_from(number).expect("a slot number"));
            }
        }
        for (address, _) in &taken {
            *self.place(*address) = EMPTY;
        }
        taken.sort_by_key(|(address, _)| *address);
        taken
    }

    fn place(&mut self, address: Address) -> &mut u32 {
        let key = address.bits() as usize | usize::from(!address.is_icao()) << 24;
        let leaf = self.leaves[key >> LEAF_BITS]
            .get_or_insert_with(|| vec![EMPTY; 1 << LEAF_BITS].into_boxed_slice());
        &mut leaf[key & ((1 << LEAF_BITS) - 1)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_icao_did_not_assign_is_another_aircraft() {
        let mut roster = Roster::new();
        *roster.entry(Address::icao(7), || 1) += 1;
        *roster.entry(Address::other(7), || 10) += 1;
        *roster.entry(Address::icao(7), || 100) += 1;
        assert_eq!(roster.len(), 2);
        let all = roster.take_if(|_| true);
        assert_eq!(all, [(Address::icao(7), 3), (Address::other(7), 11)]);
        assert_eq!(*roster.entry(Address::icao(7), || 0), 0);
    }
}
