//! What is said to have happened.

use crate::words::words;

words! {
/// What is said to have happened. A closed set: clauses list the acts they forbid.
Act {
    /// An explosion of unknown cause.
    Explosion = "explosion",
    /// Ordnance landing.
    Impact = "impact",
    /// Fire going out.
    Outgoing = "outgoing",
    /// Ordnance delivered from the air.
    Airstrike = "airstrike",
    /// A rocket or missile, launched or seen in flight.
    Rocket = "rocket",
    /// Rifle or machine-gun fire.
    SmallArms = "small_arms",
    /// An aircraft brought down.
    ShootDown = "shoot_down",
    /// A fixed-wing aircraft seen or heard.
    Aircraft = "aircraft",
    /// A helicopter seen or heard.
    Helicopter = "helicopter",
    /// An uncrewed aircraft seen or heard.
    Drone = "drone",
    /// A claim that a chemical agent was used.
    ChemicalAllegation = "chemical_allegation",
    /// Forces moving or arriving.
    MovementOfForces = "movement_of_forces",
    /// Listed weapons moving, arriving or in place.
    MovementOfWeapons = "movement_of_weapons",
    /// Observers were denied, delayed or conditioned.
    DenialOfMovement = "denial_of_movement",
    /// People were killed by organised violence; the means is not said (UCDP GED).
    LethalViolence = "lethal_violence",
}
}

impl Act {
    /// Whether something flew where it was reported, so that `no-fly` clauses are touched.
    #[must_use]
    pub const fn is_flight(self) -> bool {
        matches!(self, Self::Airstrike | Self::Aircraft | Self::Helicopter | Self::Drone)
    }

    /// Whether its place is one of firing, launch, forces or weapons, which leaves an
    /// assessment only coarsened and delayed (DESIGN §5).
    #[must_use]
    pub const fn place_is_coarsened(self) -> bool {
        matches!(
            self,
            Self::Outgoing | Self::Rocket | Self::MovementOfForces | Self::MovementOfWeapons
        )
    }

    /// Whether its place can only be where harm fell. An explosion may be either end of a shot.
    #[must_use]
    pub const fn is_where_harm_fell(self) -> bool {
        matches!(
            self,
            Self::Impact
                | Self::Airstrike
                | Self::ShootDown
                | Self::ChemicalAllegation
                | Self::LethalViolence
        )
    }

    /// Whether its place is never one of firing, whatever lay behind it: where harm fell, where something
    /// flew, where observers were stopped. An explosion may be either end of a shot, and where rifles
    /// are heard somebody fires them.
    #[must_use]
    pub const fn is_never_a_firing(self) -> bool {
        self.is_where_harm_fell() || self.is_flight() || matches!(self, Self::DenialOfMovement)
    }
}
